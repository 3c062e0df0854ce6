package serve

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime"
	"sync"
	"time"

	"muster/internal/api"
	"muster/models"
	"muster/sshserver"
	"muster/store"
)

// HTTP is how requests over HTTP are taken.
type HTTP struct {
	Listen    string // host:port, empty for not at all
	Cert, Key string // files in PEM; none for no TLS
	Metrics   string // host:port, empty for none
	API       api.Config
	// Listening, if set, is called with where it listens.
	Listening func(net.Addr)
}

// The limits of a connection (docs/limits.md).
const (
	headerTime   = 5 * time.Second
	requestTime  = 35 * time.Second // reading and answering
	idleTime     = 2 * time.Minute
	maxHeader    = 16 << 10
	drainTime    = 8 * time.Second
	maxConns     = 2000
	certInterval = 10 * time.Second // between two looks at the files
)

// start listens and serves in the background. end waits until the requests at work
// are answered, once ctx has ended. Where serving fails, stop is called.
func (h HTTP) start(ctx context.Context, ssh *sshserver.Server, log *slog.Logger, stop func()) (end func() error, err error) {
	if h.Listen == "" && h.Metrics == "" {
		return func() error { return nil }, nil
	}
	h.API.Tries = ssh // wrong codes count at both doors
	h.API.Metrics.Gauges = append(h.API.Metrics.Gauges, gauges(ssh, h.API.Store)...)
	handler, err := api.New(h.API)
	if err != nil {
		return nil, err
	}
	var servers []*server
	closeAll := func() error {
		var errs []error
		for _, s := range servers {
			errs = append(errs, s.listener.Close())
		}
		return errors.Join(errs...)
	}
	add := func(name, address string, handler http.Handler, withTLS bool) error {
		s, err := h.listen(ctx, name, address, handler, withTLS, log)
		if err == nil {
			servers = append(servers, s)
		}
		return err
	}
	if h.Listen != "" {
		err = add("http", h.Listen, handler, h.Cert != "")
	}
	if h.Metrics != "" && err == nil {
		err = add("metrics", h.Metrics, h.API.Metrics, false)
	}
	if err != nil {
		return nil, errors.Join(err, closeAll())
	}
	for _, s := range servers {
		log.Info("listening", "for", s.name, "addr", s.listener.Addr().String(), "tls", s.tls)
		if h.Listening != nil && s.name == "http" {
			h.Listening(s.listener.Addr())
		}
		s.serve(stop)
	}
	context.AfterFunc(ctx, handler.Drain)
	return func() error {
		<-ctx.Done()
		var errs []error
		for _, s := range servers {
			errs = append(errs, s.end())
		}
		return errors.Join(errs...)
	}, nil
}

type server struct {
	*http.Server
	name     string
	tls      bool
	listener net.Listener
	ended    chan error
}

func (h HTTP) listen(ctx context.Context, name, address string, handler http.Handler, withTLS bool, log *slog.Logger) (*server, error) {
	s := &server{name: name, tls: withTLS, ended: make(chan error, 1), Server: &http.Server{
		Handler: handler, ReadHeaderTimeout: headerTime, ReadTimeout: requestTime, WriteTimeout: requestTime, IdleTimeout: idleTime,
		MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}}
	if withTLS {
		files := &certificate{cert: h.Cert, key: h.Key, log: log}
		if _, err := files.get(nil); err != nil {
			return nil, err
		}
		s.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: files.get}
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, cannotListenFor("--"+name, address, err)
	}
	s.listener = &bounded{Listener: l, free: make(chan struct{}, maxConns)}
	return s, nil
}

func (s *server) serve(stop func()) {
	go func() {
		var err error
		if s.tls {
			err = s.ServeTLS(s.listener, "", "")
		} else {
			err = s.Serve(s.listener)
		}
		if errors.Is(err, http.ErrServerClosed) {
			err = nil
		} else {
			stop()
		}
		s.ended <- err
	}()
}

// end lets the requests at work be answered, and closes what takes longer.
func (s *server) end() error {
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		_ = s.Close() // it is late already
	}
	return <-s.ended
}

// bounded takes only so many connections at once; others wait for their turn.
type bounded struct {
	net.Listener
	free chan struct{}
}

func (b *bounded) Accept() (net.Conn, error) {
	b.free <- struct{}{}
	c, err := b.Listener.Accept()
	if err != nil {
		<-b.free
		return nil, err
	}
	return &boundedConn{Conn: c, free: sync.OnceFunc(func() { <-b.free })}, nil
}

type boundedConn struct {
	net.Conn
	free func()
}

func (c *boundedConn) Close() error {
	defer c.free()
	return c.Conn.Close()
}

// certificate reads the files again when they have changed, so that whoever renews
// them need not start the server anew.
type certificate struct {
	cert, key string
	log       *slog.Logger

	mu      sync.Mutex
	loaded  *tls.Certificate
	of      time.Time // the files
	checked time.Time
}

func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.loaded != nil && time.Since(c.checked) < certInterval {
		return c.loaded, nil
	}
	c.checked = time.Now()
	of := newest(c.cert, c.key)
	if c.loaded != nil && of.Equal(c.of) {
		return c.loaded, nil
	}
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	switch {
	case err == nil:
		c.loaded, c.of = &pair, of
	case c.loaded == nil:
		return nil, models.Errorf(models.CodeInvalid, "cannot use the TLS certificate %s: %v", c.cert, err).
			WithHint("both files must be PEM, and the key the one of the certificate")
	default:
		c.log.Warn("the new TLS certificate cannot be used, the old one stays", "file", c.cert, "error", err)
	}
	return c.loaded, nil
}

func newest(files ...string) (t time.Time) {
	for _, name := range files {
		if info, err := os.Stat(name); err == nil && info.ModTime().After(t) {
			t = info.ModTime()
		}
	}
	return t
}

// gauges are what the metrics say of this moment.
func gauges(ssh *sshserver.Server, s *store.Store) []api.Gauge {
	stat := func(f func(sshserver.Stats) int) func(context.Context) (float64, error) {
		return func(context.Context) (float64, error) { return float64(f(ssh.Stats())), nil }
	}
	mail := func(f func(queued, failed int) int) func(context.Context) (float64, error) {
		return func(ctx context.Context) (float64, error) {
			queued, failed, err := s.MailQueue(ctx)
			return float64(f(queued, failed)), err
		}
	}
	return []api.Gauge{
		{Name: "muster_ssh_handshakes", Help: "connections over SSH that have not authenticated yet", Value: stat(func(s sshserver.Stats) int { return s.Handshakes })},
		{Name: "muster_ssh_connections", Help: "connections over SSH", Value: stat(func(s sshserver.Stats) int { return s.Connections })},
		{Name: "muster_ssh_sessions", Help: "apps and commands that run over SSH", Value: stat(func(s sshserver.Stats) int { return s.Sessions })},
		{Name: "muster_mail_queued", Help: "mails that wait to leave", Value: mail(func(queued, _ int) int { return queued })},
		{Name: "muster_mail_failed", Help: "invitations whose mail could not leave", Value: mail(func(_, failed int) int { return failed })},
		{Name: "muster_mail_late_seconds", Help: "how long the next mail has been due", Value: func(ctx context.Context) (float64, error) {
			late, err := s.MailLate(ctx)
			return late.Seconds(), err
		}},
		{Name: "muster_webhook_queued", Help: "events that wait for a webhook", Value: func(ctx context.Context) (float64, error) {
			waiting, _, err := s.WebhookBacklog(ctx)
			return float64(waiting), err
		}},
		{Name: "muster_webhook_late_seconds", Help: "how long the oldest event has waited for a webhook", Value: func(ctx context.Context) (float64, error) {
			_, late, err := s.WebhookBacklog(ctx)
			return late.Seconds(), err
		}},
		{Name: "muster_feed_lag_seconds", Help: "how long there have been changes of other processes that this one has not heard of", Value: func(ctx context.Context) (float64, error) {
			lag, err := s.FeedLag(ctx)
			return lag.Seconds(), err
		}},
		{Name: "go_goroutines", Help: "goroutines that exist", Value: func(context.Context) (float64, error) { return float64(runtime.NumGoroutine()), nil }},
		{Name: "process_start_time_seconds", Help: "when the server began, in seconds since 1970", Value: func() func(context.Context) (float64, error) {
			began := float64(time.Now().UnixMilli()) / 1000
			return func(context.Context) (float64, error) { return began, nil }
		}()},
	}
}
