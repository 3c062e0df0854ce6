package api

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"muster/models"
)

// answer is an answer that can be given once more.
type answer struct {
	Status int               `json:"status"`
	Type   string            `json:"type"`
	Body   []byte            `json:"body"`
	Header map[string]string `json:"header,omitempty"`

	code   string // of an error
	before error  // models.AskedBefore, where another request with the key was quicker
}

func (ans answer) write(w http.ResponseWriter, r *http.Request) {
	exchangeOf(r.Context()).code = ans.code
	h := w.Header()
	h.Set("Content-Type", ans.Type)
	for k, v := range ans.Header {
		h.Set(k, v)
	}
	w.WriteHeader(ans.Status)
	_, _ = w.Write(ans.Body) // a client that left needs none
}

const (
	idempotencyKey      = "Idempotency-Key"
	idempotencyReplayed = "Idempotency-Replayed"

	// answerWait is how long a request waits for one of the same key that is not
	// answered yet, and answerPoll how long between two looks.
	answerWait = 3 * time.Second
	answerPoll = 30 * time.Millisecond
)

// once runs a change, and with an Idempotency-Key does so once only: asked again,
// the answer is the one that it had. The key is stored in the transaction of the
// change, so that it holds whatever happens to this process. What was refused is
// not kept: it has changed nothing.
func (a *API) once(w http.ResponseWriter, r *http.Request, operation string, body []byte, c *Caller, run func() answer) {
	key := r.Header.Get(idempotencyKey)
	if r.Method != http.MethodPost || len(r.Header.Values(idempotencyKey)) == 0 {
		run().write(w, r)
		return
	}
	if err := models.CheckIdempotencyKey(key); err != nil {
		a.refuse(w, r, err)
		return
	}
	h := sha256.New()
	h.Write([]byte(r.Method + " " + r.URL.RequestURI() + "\n"))
	h.Write(body)
	once := &models.Once{Key: key, Operation: operation, Hash: hex.EncodeToString(h.Sum(nil))}
	if err := a.cfg.Store.AskedBefore(r.Context(), c.Actor, once); err != nil {
		a.repeat(w, r, *c, once, err)
		return
	}
	if c.Actor.Request == nil {
		c.Actor.Request = &models.Request{}
	}
	c.Actor.Request.Once = once
	ans := run()
	if ans.before != nil {
		a.repeat(w, r, *c, once, ans.before)
		return
	}
	if c.Actor.Request.Done() {
		a.keep(r, *c, once, ans)
	}
	ans.write(w, r)
}

// keep keeps an answer. Without it the change is made once all the same.
func (a *API) keep(r *http.Request, c Caller, once *models.Once, ans answer) {
	text, err := json.Marshal(ans)
	if err == nil {
		err = a.cfg.Store.KeepAnswer(r.Context(), c.Actor, once, text)
	}
	if err != nil {
		a.log.Warn("an answer cannot be kept for a request that comes again", "request", exchangeOf(r.Context()).id, "error", err)
	}
}

// repeat gives the answer that a request had, once it is there.
func (a *API) repeat(w http.ResponseWriter, r *http.Request, c Caller, once *models.Once, err error) {
	var before models.AskedBefore
	for end := time.Now().Add(answerWait); errors.As(err, &before) && before.Answer == nil && time.Now().Before(end); {
		select {
		case <-r.Context().Done():
			end = time.Time{}
		case <-time.After(answerPoll):
			err = a.cfg.Store.AskedBefore(r.Context(), c.Actor, once)
		}
	}
	switch {
	case err == nil: // it was forgotten meanwhile
		a.refuse(w, r, models.Errorf(models.CodeConflict, "a request with this Idempotency-Key is only just over"))
	case !errors.As(err, &before):
		a.refuse(w, r, err)
	case before.Answer == nil:
		a.refuse(w, r, models.Errorf(models.CodeConflict, "a request with this Idempotency-Key has changed something, and its answer was not kept").
			WithHint("look what there is before you send it with another key"))
	default:
		var ans answer
		if err := json.Unmarshal(before.Answer, &ans); err != nil {
			a.refuse(w, r, err)
			return
		}
		w.Header().Set(idempotencyReplayed, "true")
		ans.write(w, r)
	}
}
