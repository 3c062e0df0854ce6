// Package sshserver is the SSH front door of muster: it listens, says who is
// there by the key they proved to own, keeps every limit, and hands each
// session to the app or to the command runner.
//
// charm.land/wish and charm.land/ssh accept connections and run handshakes.
// Identity, limits and the session loop are this package's own, since the
// ready-made ones have none (environment, channels), trust what was not proven
// (the public-key callback), or block (window changes).
package sshserver

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"charm.land/ssh"
	"charm.land/wish/v2"
	"github.com/pires/go-proxyproto"
	gossh "golang.org/x/crypto/ssh"
)

// Directory knows whose key is whose. It is asked while a client authenticates,
// about keys that client may not own.
type Directory interface {
	// KeyUser gives the user that has the key with this fingerprint
	// ("SHA256:…"), with ok=false for a key nobody has. err is for faults only.
	KeyUser(ctx context.Context, fingerprint string, proven bool) (userID string, ok bool, err error)
}

// Config is what a Server is made of. HostKeyPath, Directory, App and Command
// are required.
type Config struct {
	Listen      string               // for ListenAndServe, host:port
	HostKeyPath string               // made if it is not there, see LoadOrCreateHostKey
	Directory   Directory            //
	SignUp      bool                 // user name "new" lets unknown keys in
	ProxyFrom   []netip.Prefix       // who has to speak the PROXY protocol; nobody else may
	Limits      Limits               // zero fields mean defaultLimits
	Log         *slog.Logger         // nil logs nothing
	Clock       func() time.Duration // the time since some start, which only goes forward; nil is this machine's
	Rand        io.Reader            // for session ids and a new host key; safe for concurrent use
	Version     string               // "muster" becomes the identification SSH-2.0-muster

	// App runs the terminal app on a session that has a terminal and no
	// command; Command runs s.Args. Both return the exit status. Both have to
	// return soon after ctx ends; context.Cause(ctx) is an *Ended when the
	// server ended the session and has told, or will tell, the person why.
	App     func(ctx context.Context, s *Session) int
	Command func(ctx context.Context, s *Session) int
	// Commands names the first words of command lines that the log may show.
	Commands []string
	// Opens tells which command lines are for App where there is a terminal:
	// the app at a certain place, in s.Args. Nil is none.
	Opens func(args []string) bool
}

// Server is an SSH server. Make it with New, run Serve once, end it with
// Shutdown or by ending Serve's context. Its methods may be called from
// anywhere at any time.
type Server struct {
	cfg    Config
	limits Limits
	log    *slog.Logger
	signer gossh.Signer
	ssh    *ssh.Server
	gate   *gate

	mu       sync.Mutex
	conns    map[*conn]struct{}
	sessions int
	listener net.Listener
	stopping bool
	work     sync.WaitGroup // connections and running sessions

	stop    sync.Once
	stopped chan struct{}
	stopErr error
}

// New makes a Server, and its host key if there is none.
func New(cfg Config) (*Server, error) {
	if cfg.Directory == nil || cfg.App == nil || cfg.Command == nil {
		return nil, errors.New("sshserver: Directory, App and Command are required")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Clock == nil {
		start := time.Now()
		cfg.Clock = func() time.Duration { return time.Since(start) }
	}
	if cfg.Rand == nil {
		cfg.Rand = rand.Reader
	}
	if cfg.Version == "" {
		cfg.Version = "muster"
	}
	signer, err := LoadOrCreateHostKey(cfg.HostKeyPath, cfg.Rand)
	if err != nil {
		return nil, err
	}
	limits := cfg.Limits.withDefaults()
	s := &Server{
		cfg:     cfg,
		limits:  limits,
		log:     cfg.Log,
		signer:  signer,
		gate:    newGate(limits, cfg.Clock),
		conns:   make(map[*conn]struct{}),
		stopped: make(chan struct{}),
	}
	s.ssh, err = wish.NewServer(wish.WithVersion(cfg.Version), func(srv *ssh.Server) error {
		srv.AddHostKey(signer)
		srv.HandshakeTimeout = limits.Handshake
		srv.ConnCallback = s.accept
		srv.ServerConfigCallback = s.serverConfig
		srv.ConnectionFailedCallback = s.handshakeFailed
		srv.ChannelHandlers = map[string]ssh.ChannelHandler{
			"session": s.handleSession,
			"default": s.refuseChannel,
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// HostKeyFingerprint is what a client compares on its first connection,
// "SHA256:…".
func (s *Server) HostKeyFingerprint() string {
	return gossh.FingerprintSHA256(s.signer.PublicKey())
}

// Addr is where Serve listens, nil before it does.
func (s *Server) Addr() net.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listener == nil {
		return nil
	}
	return s.listener.Addr()
}

// Stats counts what is open now.
type Stats struct {
	Handshakes  int // connections not yet authenticated
	Connections int // authenticated ones
	Sessions    int // running apps and commands
}

// Stats gives the numbers of this moment.
func (s *Server) Stats() Stats {
	var st Stats
	st.Handshakes, st.Connections = s.gate.counts()
	s.mu.Lock()
	defer s.mu.Unlock()
	st.Sessions = s.sessions
	return st
}

// ListenAndServe listens on Config.Listen and serves it.
func (s *Server) ListenAndServe(ctx context.Context) error {
	ln, err := new(net.ListenConfig).Listen(ctx, "tcp", s.cfg.Listen)
	if err != nil {
		return err
	}
	return s.Serve(ctx, ln)
}

// Serve answers connections of ln, and closes it, until ctx ends or Shutdown is
// called; then it waits for the shutdown to be over. It returns nil after a
// clean stop. Once it listens it logs one line with address and fingerprint.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	s.mu.Lock()
	s.listener = ln
	stopping := s.stopping
	s.mu.Unlock()
	if stopping {
		return errors.Join(ln.Close(), s.Shutdown(ctx))
	}
	s.log.Info("listening", "addr", ln.Addr().String(), "host_key", s.HostKeyFingerprint())
	release := context.AfterFunc(ctx, func() { _ = s.Shutdown(context.WithoutCancel(ctx)) })
	defer release()
	err := s.ssh.Serve(ln)
	if s.isStopping() {
		<-s.stopped
		return s.stopErr
	}
	return errors.Join(err, s.Shutdown(context.WithoutCancel(ctx)))
}

func (s *Server) isStopping() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stopping
}

// Shutdown stops the server: nobody comes in any more, every session gets a
// notice, and is ended Limits.StopNotice later. What is still open shortly
// before Limits.Stop, or when ctx ends, is closed. The error says that an App or
// a Command did not return even then.
func (s *Server) Shutdown(ctx context.Context) error {
	s.stop.Do(func() {
		s.stopErr = s.shutdown(ctx)
		close(s.stopped)
	})
	<-s.stopped
	return s.stopErr
}

func (s *Server) shutdown(ctx context.Context) error {
	last := s.limits.Stop / 10 // for what is closed to end
	ctx, cancel := context.WithTimeout(ctx, s.limits.Stop-last)
	defer cancel()
	s.mu.Lock()
	s.stopping = true
	ln := s.listener
	s.mu.Unlock()
	// Not the library's Shutdown: its wait races with handshakes that end.
	if ln != nil {
		_ = ln.Close()
	}
	s.log.Info("stopping", "connections", len(s.open()))

	done := make(chan struct{})
	go func() {
		defer close(done)
		s.work.Wait()
	}()
	for _, c := range s.open() {
		if !c.notify(Notice{Kind: NoticeStopping, Left: s.limits.StopNotice}) {
			c.end("the server is stopping")
		}
	}
	if waitFor(ctx, done, s.limits.StopNotice) {
		s.log.Info("stopped")
		return nil
	}
	for _, c := range s.open() {
		c.end("the server is stopping")
	}
	if waitFor(ctx, done, s.limits.Stop) {
		s.log.Info("stopped")
		return nil
	}
	for _, c := range s.open() {
		c.close("the server stopped")
	}
	if waitFor(context.WithoutCancel(ctx), done, last) {
		s.log.Info("stopped")
		return nil
	}
	s.log.Error("stopped with sessions running", "sessions", s.Stats().Sessions)
	return errors.New("sshserver: some sessions did not end")
}

// waitFor says whether done happened before d passed or ctx ended.
func waitFor(ctx context.Context, done <-chan struct{}, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-done:
		return true
	case <-t.C:
	case <-ctx.Done():
	}
	select {
	case <-done:
		return true
	default:
		return false
	}
}

// Holder is who has a connection open: whose it is, and the key it came in with.
type Holder struct{ UserID, Fingerprint string }

// Holders gives those of all connections that belong to a user, each once.
func (s *Server) Holders() []Holder {
	var all []Holder
	seen := map[Holder]bool{}
	for _, c := range s.open() {
		id := c.who()
		if id == nil || id.userID == "" {
			continue
		}
		if h := (Holder{id.userID, id.fingerprint}); !seen[h] {
			seen[h] = true
			all = append(all, h)
		}
	}
	return all
}

// CloseUser ends every session of a user and closes their connections; the
// reason is shown to them.
func (s *Server) CloseUser(userID, reason string) {
	s.closeWhere(reason, func(id *identity) bool { return id.userID == userID })
}

// CloseKey does so for whoever came in with the key of this fingerprint.
func (s *Server) CloseKey(fingerprint, reason string) {
	s.closeWhere(reason, func(id *identity) bool { return id.fingerprint == fingerprint })
}

func (s *Server) closeWhere(reason string, match func(*identity) bool) {
	for _, c := range s.open() {
		if id := c.who(); id != nil && match(id) {
			c.end(reason)
		}
	}
}

func (s *Server) open() []*conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	open := make([]*conn, 0, len(s.conns))
	for c := range s.conns {
		open = append(open, c)
	}
	return open
}

// accept counts a new connection, finds out where it comes from, and wraps it.
// A nil answer closes it. It runs on the connection's own goroutine.
func (s *Server) accept(ctx ssh.Context, raw net.Conn) net.Conn {
	remote, source, err := s.source(raw)
	var t *ticket
	if err == nil {
		t, err = s.gate.admit(remote.Addr())
	}
	if err != nil {
		s.refuse(raw, remote, err)
		return nil
	}
	// A small buffer makes the kernel ask for more often, so that a slow client
	// is seen to make progress, and keeps little for one that does not read.
	if tcp, ok := raw.(*net.TCPConn); ok {
		_ = tcp.SetWriteBuffer(writeBuffer)
	}
	c := newConn(s, ctx, source, remote, t)
	if !s.add(c) {
		t.leave(0)
		s.refuse(raw, remote, refusal("the server is stopping"))
		return nil
	}
	t.evictable(func() { c.close("to make room for others") })
	ctx.SetValue(connKey{}, c)
	return c
}

// refuse tells a client why it is not served.
func (s *Server) refuse(raw net.Conn, remote netip.AddrPort, why error) {
	if errors.Is(why, errNoClient) {
		return
	}
	s.note(remote.Addr(), slog.LevelWarn, "connection refused", "addr", remote.String(), "reason", why.Error())
	// Lines before the identification are what RFC 4253, 4.2 leaves a
	// server to say anything. The buffer of a new socket takes it at once.
	_ = raw.SetWriteDeadline(time.Now().Add(time.Second))
	_, _ = io.WriteString(raw, "muster: "+why.Error()+"\r\n")
}

type connKey struct{}

const (
	errNoHeader refusal = "the proxy sent no usable PROXY header"
	// errNoClient is a proxy that speaks for itself, to see whether the server is
	// there: that is nothing to talk about.
	errNoClient refusal = "the proxy has no client"
)

// source finds out where a connection comes from. It reads the PROXY header of
// one that has to have one. The address is that of the peer where there is an
// error.
func (s *Server) source(raw net.Conn) (netip.AddrPort, net.Conn, error) {
	peer, ok := addrPort(raw.RemoteAddr())
	if !ok {
		return peer, raw, errNoClient
	}
	if !slices.ContainsFunc(s.cfg.ProxyFrom, func(p netip.Prefix) bool { return p.Contains(peer.Addr()) }) {
		return peer, raw, nil
	}
	done, ok := s.gate.header()
	if !ok {
		return peer, raw, errFull
	}
	defer done()
	sent := &counted{Conn: raw}
	// Required rather than optional: else everybody behind a proxy that forgets
	// the header is one address.
	proxied := proxyproto.NewConn(sent,
		proxyproto.WithPolicy(proxyproto.REQUIRE), proxyproto.SetReadHeaderTimeout(s.limits.Handshake))
	header := proxied.ProxyHeader()
	switch {
	case header == nil && sent.bytes == 0 && sent.ended, // connected and closed
		header != nil && (header.Command.IsLocal() || header.TransportProtocol.IsUnspec()):
		return peer, raw, errNoClient
	case header == nil:
		return peer, raw, errNoHeader
	}
	client, ok := addrPort(proxied.RemoteAddr())
	if !ok {
		return peer, raw, errNoHeader
	}
	return client, proxied, nil
}

// counted notes what was read of a connection before anything else reads it.
type counted struct {
	net.Conn
	bytes int
	ended bool
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.bytes += n
	var timeout net.Error
	if err != nil && !(errors.As(err, &timeout) && timeout.Timeout()) {
		c.ended = true
	}
	return n, err
}

func addrPort(a net.Addr) (netip.AddrPort, bool) {
	tcp, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.AddrPort{}, false
	}
	ap := tcp.AddrPort()
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port()), ap.IsValid()
}

func (s *Server) add(c *conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopping {
		return false
	}
	s.conns[c] = struct{}{}
	s.work.Add(1)
	return true
}

func (s *Server) remove(c *conn) {
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
	s.work.Done()
}

// newID is a name for logs. Eight bytes are unique among what is open.
func (s *Server) newID() string {
	var b [8]byte
	if _, err := io.ReadFull(s.cfg.Rand, b[:]); err != nil {
		panic("sshserver: no randomness: " + err.Error())
	}
	return hex.EncodeToString(b[:])
}
