package sshserver

import (
	"net"
	"os"
	"reflect"
	"sync"
	"time"
	"unsafe"

	gossh "golang.org/x/crypto/ssh"
)

// golang.org/x/crypto/ssh (0.58.0) reads ahead: one goroutine decrypts packets
// into a Go channel of sixteen, another takes them out. When the taker stops at
// a packet it does not like, the reader stays blocked on the full channel for
// ever, though the connection is closed, with 25 KiB behind it. Any client that
// sends twenty packets in one go can do that, before authentication too.
//
// So once a connection is closed, what is left in that channel is taken out
// here. It can be reached from when authentication begins; before, pace keeps a
// client from sending as much as sixteen packets.

// incomingPackets finds the channel of decrypted packets. It is nil if the
// library has changed; TestReadAheadDoesNotLeak tells.
func incomingPackets(c gossh.ServerPreAuthConn) <-chan []byte {
	transport := field(reflect.ValueOf(c), "transport")
	incoming := field(transport, "incoming")
	if !incoming.IsValid() || !incoming.CanAddr() || incoming.Type() != reflect.TypeFor[chan []byte]() {
		return nil
	}
	return *(*chan []byte)(unsafe.Pointer(incoming.UnsafeAddr()))
}

func field(pointer reflect.Value, name string) reflect.Value {
	if pointer.Kind() == reflect.Interface {
		pointer = pointer.Elem()
	}
	if pointer.Kind() != reflect.Pointer || pointer.IsNil() || pointer.Elem().Kind() != reflect.Struct {
		return reflect.Value{}
	}
	return pointer.Elem().FieldByName(name)
}

// drain empties the channel until the reader closes it, which it does as soon
// as it notices the closed connection.
func drain(packets <-chan []byte) {
	if packets == nil {
		return
	}
	for range packets {
	}
}

// paceBytes is what a client may send between two packets of the server while
// pace holds. The smallest packet is 28 bytes, the server sends three packets in
// that time, and a client has to send 52 bytes in it.
const paceBytes = 128

// pace holds a client to the rhythm of request and answer from the server's
// NEWKEYS until authentication begins.
type pace struct {
	mu     sync.Mutex
	on     bool
	over   bool
	left   int
	answer chan struct{} // closed at the server's next packet, or at the end
}

// wrote is told about each packet of the server.
func (p *pace) wrote(packet []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	// NEWKEYS is the last packet in the clear: length, padding length, type.
	const newKeys, size = 21, 16
	if p.over || !p.on && (len(packet) != size || packet[5] != newKeys) {
		return
	}
	p.on = true
	p.release()
}

func (p *pace) release() {
	p.left = paceBytes
	if p.answer != nil {
		close(p.answer)
		p.answer = nil
	}
}

// finish ends the pacing.
func (p *pace) finish() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
	p.release()
}

// read reads from the connection as far as the pace allows.
func (p *pace) read(from net.Conn, b []byte, patience time.Duration) (int, error) {
	for {
		p.mu.Lock()
		if p.over || !p.on {
			p.mu.Unlock()
			return from.Read(b)
		}
		if p.left > 0 {
			b = b[:min(len(b), p.left)]
			p.mu.Unlock()
			n, err := from.Read(b)
			p.mu.Lock()
			p.left -= n
			p.mu.Unlock()
			return n, err
		}
		if p.answer == nil {
			p.answer = make(chan struct{})
		}
		answer := p.answer
		p.mu.Unlock()
		timer := time.NewTimer(patience)
		select {
		case <-answer:
			timer.Stop()
		case <-timer.C:
			return 0, os.ErrDeadlineExceeded
		}
	}
}
