package api

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"reflect"
	"strconv"
	"time"

	"muster/internal/op"
	"muster/internal/output"
	"muster/models"
)

// eventWrite is how long a client may take to read what it was sent.
const eventWrite = 10 * time.Second

// follows tells whether an operation answers with events for as long as somebody
// reads them.
func follows(r *op.Row) bool { return r.Out == reflect.TypeFor[op.Events]() }

// events answers with server-sent events. The id of each is its number, with which
// a client that lost its connection goes on.
func (a *API) events(row *op.Row) func(http.ResponseWriter, *http.Request, Caller) {
	return func(w http.ResponseWriter, r *http.Request, c Caller) {
		if r.Method == http.MethodHead {
			a.refuse(w, r, models.Errorf(models.CodeUsage, "events have no answer without a body"))
			return
		}
		if last := r.Header.Get("Last-Event-ID"); last != "" {
			q := r.URL.Query()
			q.Set("after", last)
			r = r.Clone(r.Context())
			r.URL.RawQuery = q.Encode()
		}
		in, _, err := decode(row, r, nil)
		if err != nil {
			a.refuse(w, r, err)
			return
		}
		end, ok := a.follows.begin(c.ID)
		if !ok {
			a.tooOften(w, r, "there are too many streams of events at once", time.Second)
			return
		}
		defer end()
		ctx, cancel := a.following(r.Context(), c)
		defer cancel()
		out, _, err := a.run(ctx, row, c, in)
		if err != nil {
			a.refuse(w, r, err)
			return
		}
		s := &eventStream{w: w, control: http.NewResponseController(w)}
		err = out.(op.Events).Follow(s.event, s.idle)
		switch {
		case s.gone || ctx.Err() != nil && s.begun: // it connects anew if it wants more
		case !s.begun:
			a.refuse(w, r, err)
		default:
			exchangeOf(r.Context()).code = string(models.CodeOf(err))
			s.last(asError(err).Worded(words))
		}
	}
}

// following is the context of a stream: it ends with the request, the credential
// or the server.
func (a *API) following(ctx context.Context, c Caller) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	if !c.Until.IsZero() {
		timer := time.AfterFunc(c.Until.Sub(a.cfg.Now()), cancel)
		context.AfterFunc(ctx, func() { timer.Stop() })
	}
	go func() {
		select {
		case <-a.ending:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// eventStream writes server-sent events.
type eventStream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	begun   bool
	gone    bool // the client reads no more
}

func (s *eventStream) event(e op.AuditEntry) error {
	var text bytes.Buffer
	text.WriteString("id: " + strconv.FormatInt(e.Seq, 10) + "\ndata: ")
	if err := output.JSON(&text, e); err != nil { // one line, with its end
		return err
	}
	text.WriteString("\n")
	return s.send(text.String())
}

// idle sends a comment, so that proxies and clients see that the stream lives.
func (s *eventStream) idle() error { return s.send(": \n\n") }

// last says why there is no more.
func (s *eventStream) last(e *models.Error) {
	var text bytes.Buffer
	text.WriteString("event: end\ndata: ")
	if output.JSON(&text, Problem{Type: problemType + string(e.Code), Title: http.StatusText(statusOf(e)), Status: statusOf(e), Detail: e.Message, Code: e.Code, Hint: e.Hint}) == nil {
		_ = s.send(text.String() + "\n") // a client that left needs none
	}
}

func (s *eventStream) send(text string) error {
	if !s.begun {
		s.begun = true
		h := s.w.Header()
		h.Set("Content-Type", "text/event-stream")
		h.Set("X-Accel-Buffering", "no") // of nginx
		// The server's limit of a whole request is none for a stream.
		if err := s.control.SetReadDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
			return err
		}
	}
	err := s.control.SetWriteDeadline(time.Now().Add(eventWrite))
	if err == nil || errors.Is(err, http.ErrNotSupported) {
		_, err = io.WriteString(s.w, text)
	}
	if err == nil {
		err = s.control.Flush()
	}
	s.gone = s.gone || err != nil
	return err
}
