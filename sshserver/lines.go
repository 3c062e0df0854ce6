package sshserver

import (
	"context"
	"time"
)

// Lines makes an app that draws nothing of the session: In gives what a person
// types a line at a time, echoed and edited as a terminal driver would, and Out
// writes \n as \r\n, what belongs together at once. Typing counts as Activity.
// When the session ends, a read that waits for a key ends as well. The function
// it gives writes what is left; call it before App returns.
func (s *Session) Lines() (flush func()) {
	out := &crlf{w: s.Out}
	answer := &buffered{out: s.out, w: out, delay: lineDelay}
	s.In = &ordered{before: answer, Reader: &lineReader{
		in: s.In, echo: &ordered{before: answer, Writer: out}, asking: func() {}, typed: s.Activity,
	}}
	s.Out = answer
	context.AfterFunc(s.ctx, func() {
		time.AfterFunc(lastWord, func() { s.finish(s.ctx, statusGone) })
	})
	return answer.flush
}
