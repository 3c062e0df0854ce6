package mail

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/textproto"
)

// What a mail server may send. The library reads whatever comes into memory: a
// greeting that never ends would take all of it. RFC 5321, 4.5.3.1.5 has 512
// bytes for a line.
const (
	maxReplyLine    = 1 << 10
	maxReply        = 64 << 10
	maxConversation = 256 << 10
)

var (
	errLongLine         = errors.New("a line of its answer is longer than 1 kB")
	errLongReply        = errors.New("its answer is longer than 64 kB")
	errLongConversation = errors.New("it sent more than 256 kB")
)

// bounded is a connection to a mail server that fails once the server has sent
// more than it may.
type bounded struct {
	net.Conn
	lines bool // what it sends are lines, not records of TLS
	line  lineLength
	reply int // bytes since the last write
	all   int
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.Conn.Read(p)
	b.reply += n
	b.all += n
	switch {
	case b.lines && !b.line.take(p[:n]):
		return 0, errLongLine
	case b.reply > maxReply:
		return 0, errLongReply
	case b.all > maxConversation:
		return 0, errLongConversation
	}
	return n, err
}

func (b *bounded) Write(p []byte) (int, error) {
	b.reply = 0
	return b.Conn.Write(p)
}

// lineLength is the length of the line that a stream is in.
type lineLength int

// take adds what came, and says whether all lines are short enough.
func (l *lineLength) take(p []byte) bool {
	for {
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			*l += lineLength(len(p))
			return *l <= maxReplyLine
		}
		if *l += lineLength(i); *l > maxReplyLine {
			return false
		}
		*l, p = 0, p[i+1:]
	}
}

// boundLines bounds the lines that come out of an encrypted connection.
func boundLines(c *textproto.Conn) { c.R = bufio.NewReader(&boundedLines{r: c.R}) }

type boundedLines struct {
	r    io.Reader
	line lineLength
}

func (b *boundedLines) Read(p []byte) (int, error) {
	n, err := b.r.Read(p)
	if !b.line.take(p[:n]) {
		return 0, errLongLine
	}
	return n, err
}
