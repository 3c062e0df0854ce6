package sshserver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"charm.land/ssh"
	gossh "golang.org/x/crypto/ssh"

	"muster/models"
)

// Size is that of a terminal in cells. It is an alias, so that sizes can go to
// a package that does not know this one.
type Size = struct{ Width, Height int }

// NoticeKind says what a Notice is about.
type NoticeKind int

const (
	// NoticeIdle warns that the session ends after Left unless a key is pressed.
	NoticeIdle NoticeKind = iota + 1
	// NoticeStopping warns that the server stops and ends the session after Left.
	NoticeStopping
)

// Notice is something the app should show.
type Notice struct {
	Kind NoticeKind
	Left time.Duration
}

// String says it to the person.
func (n Notice) String() string {
	left := n.Left.Round(time.Second)
	if n.Kind == NoticeIdle {
		return fmt.Sprintf("no input for a while: this session ends in %s", left)
	}
	return fmt.Sprintf("the server is stopping: this session ends in %s", left)
}

// Session is what the server knows about one channel. The exported fields do
// not change while App or Command runs.
type Session struct {
	ID          string         // random, for logs
	Login       string         // the SSH user name, cleaned; may hold a code: never log it
	UserID      string         // "" for a stranger: join+…, request+… and new only
	Key         []byte         // the proven public key in wire format
	Fingerprint string         // of it, "SHA256:…"
	KeyType     string         // "ssh-ed25519", …
	RemoteAddr  netip.AddrPort // the client's, through a proxy too
	Args        []string       // the command's words; none for the app
	HasPTY      bool
	Term        string // "" without a terminal
	Width       int    // within Limits, 80 where the client says nothing
	Height      int    // the same, 24
	Env         map[string]string
	Notices     <-chan fmt.Stringer // each a Notice; a few, the newest win

	// In ends when the client closes its side. A command can read
	// Limits.StdinBytes of it, then gets a models.Error with CodeLimit. With a
	// terminal it gives what a person types, a line at a time, and the time that
	// it waits for a key is no time of the command.
	In io.Reader
	// Out and Err may be used from several goroutines. A write fails once the
	// client is gone or the session is over, and never blocks for longer than
	// Limits.Stall, for a command Limits.CommandStall. For a command with a terminal they write \n as \r\n. What
	// a command writes to Out may wait a moment for more, in which case a later
	// write fails.
	Out, Err io.Writer

	conn    *conn
	ch      gossh.Channel
	out     *output
	work    *workTime       // of the command; nil for an app
	ctx     context.Context // while App or Command runs
	cancel  context.CancelCauseFunc
	resize  resizer
	idle    idleLimit
	notices chan fmt.Stringer
	envSet  int
	begun   time.Duration
	once    sync.Once // finish
	mu      sync.Mutex
	confirm *time.Timer // closes a client that does not confirm the end
	gone    bool        // the channel is closed on both sides
}

// OnResize tells what to call with the terminal's size when it has changed, at
// most once in Limits.ResizeInterval and with the latest one. It must not block.
func (s *Session) OnResize(changed func(Size)) { s.resize.on(changed) }

// Activity tells that a person did something, which restarts the idle time.
// Call it for each key pressed, before the key is used, and not for what a
// terminal sends by itself. Where a user presses more keys than the limit it
// returns late.
func (s *Session) Activity() {
	s.conn.active()
	s.idle.active(s.conn.age())
	sleep(s.ctx, s.conn.srv.gate.key(s.conn.user))
}

// frames paces what an app draws: one whose user draws more than the limit, in
// all sessions together, waits with its next frame, and so does not make it.
type frames struct {
	io.Writer
	s *Session
}

func (f *frames) Write(p []byte) (int, error) {
	sleep(f.s.ctx, f.s.conn.srv.gate.frame(f.s.conn.user))
	return f.Writer.Write(p)
}

// notify keeps the newest notices.
func (s *Session) notify(n Notice) {
	for {
		select {
		case s.notices <- n:
			return
		default:
		}
		select {
		case <-s.notices:
		default:
		}
	}
}

// refuseChannel answers every channel that is no session: forwards, X11, agent.
func (s *Server) refuseChannel(_ *ssh.Server, _ *gossh.ServerConn, ch gossh.NewChannel, ctx ssh.Context) {
	ctx.Value(connKey{}).(*conn).refuse(ch, gossh.Prohibited, "muster forwards nothing")
}

// handleSession serves one session channel until both sides have closed it. It
// never stops reading requests, or the whole connection would hang.
func (s *Server) handleSession(_ *ssh.Server, sc *gossh.ServerConn, newChan gossh.NewChannel, lib ssh.Context) {
	c := lib.Value(connKey{}).(*conn)
	id, ok := sc.Permissions.ExtraData[identityKey{}].(*identity)
	if !ok {
		c.refuse(newChan, gossh.Prohibited, "not authenticated")
		return
	}
	if !c.openChannel() {
		c.refuse(newChan, gossh.ResourceShortage, fmt.Sprintf("a connection has at most %d sessions", s.limits.Channels))
		return
	}
	defer c.closeChannel()
	ch, reqs, err := newChan.Accept()
	if err != nil {
		return
	}
	// A client has no business sending on the error stream, and could have
	// megabytes kept here that nobody reads.
	go func() {
		if n, _ := ch.Stderr().Read(make([]byte, 1)); n > 0 {
			c.close("the client sent on the error stream")
		}
	}()
	ctx, cancel := context.WithCancelCause(c.ctx)
	defer cancel(errHangup)
	sess := &Session{
		ID:          s.newID(),
		Login:       c.login,
		UserID:      id.userID,
		Key:         id.wire,
		Fingerprint: id.fingerprint,
		KeyType:     id.keyType,
		RemoteAddr:  c.remote,
		conn:        c,
		ch:          ch,
		cancel:      cancel,
		notices:     make(chan fmt.Stringer, 4),
	}
	defer sess.hungUp()
	started := false
	for req := range reqs {
		ok := false
		switch {
		case req.Type == "window-change":
			ok = sess.windowChange(req.Payload)
		case req.Type == "signal":
			ok = sess.signal(req.Payload)
		case started:
		case req.Type == "env":
			ok = sess.setEnv(req.Payload)
		case req.Type == "pty-req":
			ok = sess.setPTY(req.Payload)
		case req.Type == "shell", req.Type == "exec":
			line, valid := commandLine(req)
			if started = valid && c.start(sess); started {
				_ = req.Reply(true, nil)
				go sess.run(ctx, line)
				continue
			}
		}
		if !ok {
			c.note(slog.LevelDebug, "request refused", "conn", c.id, "session", sess.ID, "type", loggedType(req.Type))
		}
		_ = req.Reply(ok, nil)
	}
}

func commandLine(req *gossh.Request) (string, bool) {
	if req.Type == "shell" {
		return "", true
	}
	var p struct{ Line string }
	if gossh.Unmarshal(req.Payload, &p) != nil {
		return "", false
	}
	return p.Line, true
}

// run gives the session to whom it belongs and closes it with an exit status.
func (s *Session) run(ctx context.Context, line string) {
	server := s.conn.srv
	defer server.over()
	s.begun, s.ctx = server.cfg.Clock(), ctx
	s.Notices = s.notices
	s.out = newOutput(server.limits.Stall, func() { s.conn.close("the client does not read") })
	s.In, s.Out, s.Err = s.ch, s.out.cuttable(s.ch), s.out.cuttable(s.ch.Stderr())
	if s.HasPTY { // what the app says there, it says before or after its screen
		s.Err = &crlf{w: s.Err}
	}

	status := statusInternal
	defer func() { s.finish(ctx, status) }()
	defer func() {
		if r := recover(); r != nil {
			status = statusInternal
			server.log.Error("panic in a session", "conn", s.conn.id, "session", s.ID,
				"panic", fmt.Sprint(r), "stack", string(debug.Stack()))
			s.say("something went wrong inside muster; this session is over")
		}
	}()
	blank := strings.TrimSpace(line) == ""
	if err := s.mayTry(ctx); err != nil {
		s.sayError(err)
		status = statusLimit
		return
	}
	switch {
	case s.opensApp(line), blank && s.HasPTY:
		s.Out = &frames{s.Out, s}
		status = server.cfg.App(ctx, s)
	case !blank:
		status = s.command(ctx, line)
	case s.tooOften():
		status = statusLimit
	default:
		s.sayLines(help)
		status = statusUsage
	}
}

// opensApp tells whether a command line asks for the app, and notes its words
// then.
func (s *Session) opensApp(line string) bool {
	opens := s.conn.srv.cfg.Opens
	if !s.HasPTY || opens == nil || len(line) > s.conn.srv.limits.CommandBytes {
		return false
	}
	args, err := splitCommand(line)
	if err != nil || !opens(args) {
		return false
	}
	s.Args = args
	return true
}

// tooOften takes one of the user's commands of this second, and tells if there
// is none left.
func (s *Session) tooOften() bool {
	server := s.conn.srv
	if server.gate.command(s.conn.holder(s.conn.who())) {
		return false
	}
	s.say(fmt.Sprintf("error: more than %d commands a second", server.limits.CommandsPerSecond))
	return true
}

// Exit statuses of the server's own answers, those of models.
var (
	statusInternal = models.CodeInternal.ExitStatus()
	statusUsage    = models.CodeUsage.ExitStatus()
	statusLimit    = models.CodeLimit.ExitStatus()
	statusGone     = models.CodeGone.ExitStatus()
)

// lastWord is how long a command that the server ends may still take to answer.
const lastWord = 300 * time.Millisecond

const help = `muster: there is no terminal and no command

  ssh HOST                the app, from a terminal
  ssh HOST COMMAND …      one command, such as: ssh HOST whoami
  ssh HOST help           all commands
`

// command checks a command against its limits and runs it.
func (s *Session) command(ctx context.Context, line string) int {
	server := s.conn.srv
	l := server.limits
	if s.HasPTY {
		s.Out = &crlf{w: s.Out}
	}
	if s.tooOften() {
		return statusLimit
	}
	if len(line) > l.CommandBytes {
		s.say(fmt.Sprintf("error: a command has at most %d bytes", l.CommandBytes))
		return statusLimit
	}
	args, err := splitCommand(line)
	if err != nil {
		s.sayError(err)
		return statusUsage
	}
	if copier(args[0]) {
		s.say("error: muster does not copy files")
		return statusUsage
	}
	s.Args = args
	answer := &buffered{out: s.out, w: s.Out, delay: lineDelay}
	defer answer.flush()
	s.Out = answer
	s.Err = &ordered{before: answer, Writer: s.Err}
	late := &Ended{Reason: fmt.Sprintf("error: a command may take %s", models.Span(l.CommandTime))}
	unread := &Ended{Reason: fmt.Sprintf("error: nothing was read for %s, so the answer is incomplete", models.Span(l.CommandStall))}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	work := startWork(&workTime{
		clock: server.cfg.Clock, left: l.CommandTime, answer: l.AnswerTime,
		late: func() {
			cancel(late)
			// For one that does not listen to its context.
			time.AfterFunc(l.WindDown, func() { s.finish(ctx, statusLimit) })
		},
		silent: func() {
			s.cancel(&Ended{Reason: fmt.Sprintf("error: no answer for %s; nothing was changed", models.Span(l.AnswerTime))})
		},
	})
	defer work.stop()
	s.work = work
	s.out.forCommand(l.CommandStall, work, func() { cancel(unread) })
	var in io.Reader = &capped{r: s.ch, left: l.StdinBytes, limit: l.StdinBytes}
	if s.HasPTY {
		in = &lineReader{in: in, echo: s.Err, asking: work.ask, typed: work.answered}
	}
	s.In = &ordered{before: answer, Reader: in}
	// For one that waits for input when the server ends it: its channel is
	// closed, once it has had the time to give an answer that is on the way.
	defer context.AfterFunc(ctx, func() {
		if cause := context.Cause(ctx); !errors.Is(cause, late) && !errors.Is(cause, unread) {
			time.AfterFunc(lastWord, func() { s.finish(ctx, statusGone) })
		}
	})()
	status := server.cfg.Command(ctx, s)
	answer.flush()
	for _, end := range []*Ended{late, unread} {
		if errors.Is(context.Cause(ctx), end) {
			s.say(end.Reason)
			return statusLimit
		}
	}
	return status
}

// Wait says that the command waits for something to happen, which is no time of
// its own. goOn is the end of it.
func (s *Session) Wait() (goOn func()) {
	if s.work == nil {
		return func() {}
	}
	s.work.pause()
	return s.work.goOn
}

// copier says whether a command is what scp, sftp or rsync run on the far side.
func copier(name string) bool {
	name = name[strings.LastIndexByte(name, '/')+1:]
	return name == "scp" || name == "sftp-server" || name == "rsync"
}

// finish tells the reason of an end, sends the exit status and closes the
// channel, once.
func (s *Session) finish(ctx context.Context, status int) {
	s.once.Do(func() {
		server := s.conn.srv
		s.resize.stop()
		s.idle.stop()
		var ended *Ended
		if errors.As(context.Cause(ctx), &ended) {
			s.say(ended.Reason)
		}
		s.out.close(func() {
			_, _ = s.ch.SendRequest("exit-status", false, gossh.Marshal(struct{ Status uint32 }{uint32(status)}))
			_ = s.ch.Close()
		})
		s.conn.finished(s)
		s.cancel(errHangup)
		s.awaitHangup()
		s.conn.note(slog.LevelInfo, "session", "conn", s.conn.id, "session", s.ID, "user", s.UserID, s.kind(),
			"status", status, "duration", (server.cfg.Clock() - s.begun).Round(time.Millisecond))
	})
}

// kind names what ran, without its arguments, which can hold codes.
func (s *Session) kind() slog.Attr {
	switch {
	case len(s.Args) > 0:
		return slog.String("command", s.conn.srv.loggedCommand(s.Args[0]))
	case s.HasPTY:
		return slog.String("command", "(app)")
	}
	return slog.String("command", "(none)")
}

// awaitHangup gives the client a while to confirm the end of the channel; its
// readers here wait for that.
func (s *Session) awaitHangup() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.gone {
		s.confirm = time.AfterFunc(s.conn.srv.limits.Stall, func() { s.conn.close("the client does not close its session") })
	}
}

func (s *Session) hungUp() {
	s.resize.stop()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.gone = true
	if s.confirm != nil {
		s.confirm.Stop()
	}
}

// say writes one line of the server itself on the error stream.
func (s *Session) say(text string) { s.sayLines("muster: " + text + "\n") }

// sayError says an error and what helps.
func (s *Session) sayError(err error) {
	e := models.AsError(err)
	s.say("error: " + e.Message)
	s.say("hint: " + e.Hint)
}

func (s *Session) sayLines(text string) {
	var w io.Writer = s.out.stream(s.ch.Stderr())
	if s.HasPTY {
		w = &crlf{w: w}
	}
	_, _ = io.WriteString(w, text)
}
