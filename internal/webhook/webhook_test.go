package webhook_test

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	svix "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"muster/internal/webhook"
	"muster/models"
)

// loopback lets tests have receivers on this machine.
var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

var body = []byte(`{"seq":1,"action":"member.role"}`)

func message(url string, keys ...[]byte) webhook.Message {
	if len(keys) == 0 {
		keys = [][]byte{[]byte(strings.Repeat("k", 32))}
	}
	return webhook.Message{ID: "msg_1", URL: url, Keys: keys, Body: body}
}

// received is a request that came in.
type received struct {
	header http.Header
	body   []byte
}

// receiver answers with a status and keeps what comes.
func receiver(t *testing.T, withTLS bool, status int) (*httptest.Server, <-chan received) {
	t.Helper()
	got := make(chan received, 10)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got <- received{r.Header, b}
		w.Header().Set("Location", "http://169.254.169.254/latest")
		w.WriteHeader(status)
	})
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	if withTLS {
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	return server, got
}

// TestSignatures holds that the library of Standard Webhooks verifies what is sent
// over TLS, with either of two secrets while one takes the place of the other.
func TestSignatures(t *testing.T) {
	server, got := receiver(t, true, http.StatusNoContent)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	sender := webhook.New(webhook.Options{Allow: loopback, Agent: "muster", Roots: roots})
	defer sender.Close()
	fresh, old := []byte(strings.Repeat("n", 32)), []byte(strings.Repeat("o", 32))
	if o := sender.Send(t.Context(), message(server.URL+"/in?x=1", fresh, old), time.Now()); o.Error != "" || o.Status != http.StatusNoContent || o.Took <= 0 {
		t.Fatalf("%+v", o)
	}
	r := <-got
	if r.header.Get("webhook-id") != "msg_1" || r.header.Get("Content-Type") != "application/json" || string(r.body) != string(body) {
		t.Errorf("came %v %s", r.header, r.body)
	}
	for name, key := range map[string][]byte{"new": fresh, "old": old} {
		verify, err := svix.NewWebhook(models.FormatWebhookSecret(key))
		if err != nil {
			t.Fatal(err)
		}
		if err := verify.Verify(r.body, r.header); err != nil {
			t.Errorf("the %s secret: %v", name, err)
		}
		if err := verify.Verify(append(r.body, ' '), r.header); err == nil {
			t.Errorf("the %s secret verifies another text", name)
		}
	}
	other, err := svix.NewWebhookRaw([]byte(strings.Repeat("x", 32)))
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Verify(r.body, r.header); err == nil {
		t.Error("a foreign secret verifies")
	}
	// A certificate that nothing stands behind.
	strict := webhook.New(webhook.Options{Allow: loopback})
	defer strict.Close()
	if o := strict.Send(t.Context(), message(server.URL), time.Now()); o.Error != "its certificate is not valid" {
		t.Errorf("with an unknown certificate: %+v", o)
	}
}

// TestPrivateAddresses holds that nothing is sent to an address that is not public,
// whatever leads there, and that nothing of the kind is even connected to.
func TestPrivateAddresses(t *testing.T) {
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	connected := make(chan struct{}, 100)
	go func() {
		for {
			c, err := listener.Accept()
			if errors.Is(err, net.ErrClosed) {
				return
			}
			if err == nil {
				connected <- struct{}{}
				_ = c.Close()
			}
		}
	}()
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	sender := webhook.New(webhook.Options{Timeout: 5 * time.Second})
	defer sender.Close()
	for _, host := range []string{
		"127.0.0.1", "127.1.2.3", "0.0.0.0", "localhost", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
		"10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "169.254.169.254", "[fe80::1]", "[fd00::1]", "[fd00:ec2::254]", "224.0.0.1", "255.255.255.255", "[ff02::1]", "192.0.2.1", "[2001:db8::1]",
	} {
		for _, scheme := range []string{"http", "https"} {
			o := sender.Send(t.Context(), message(scheme+"://"+host+":"+port+"/"), time.Now())
			if o.Status != 0 || !strings.Contains(o.Error, "is private") {
				t.Errorf("%s://%s: %+v", scheme, host, o)
			}
		}
	}
	select {
	case <-connected:
		t.Error("something was connected to")
	default:
	}
	// With a network allowed, the others stay closed.
	some := webhook.New(webhook.Options{Allow: []netip.Prefix{netip.MustParsePrefix("10.1.0.0/16")}, Timeout: 5 * time.Second})
	defer some.Close()
	for _, host := range []string{"127.0.0.1", "10.2.0.1", "169.254.169.254", "[::ffff:10.2.0.1]"} {
		if o := some.Send(t.Context(), message("http://"+host+":"+port), time.Now()); !strings.Contains(o.Error, "is private") {
			t.Errorf("%s with another network allowed: %+v", host, o)
		}
	}
}

// TestPublicAddressesNeedTLS holds that a connection without TLS is made to allowed
// networks alone.
func TestPublicAddressesNeedTLS(t *testing.T) {
	sender := webhook.New(webhook.Options{Allow: loopback, Timeout: 5 * time.Second})
	defer sender.Close()
	if o := sender.Send(t.Context(), message("http://8.8.8.8:80/"), time.Now()); !strings.Contains(o.Error, "no TLS") {
		t.Errorf("%+v", o)
	}
}

// TestAnswers holds what each answer is taken for, and that redirects lead nowhere.
func TestAnswers(t *testing.T) {
	sender := webhook.New(webhook.Options{Allow: loopback})
	defer sender.Close()
	for status, want := range map[int]string{
		200: "", 202: "", 204: "", 302: "it answered 302: redirects are not followed", 307: "it answered 307: redirects are not followed",
		400: "it answered 400 Bad Request", 410: "it answered 410 Gone", 500: "it answered 500 Internal Server Error", 599: "it answered 599",
	} {
		server, got := receiver(t, false, status)
		o := sender.Send(t.Context(), message(server.URL), time.Now())
		if o.Error != want || o.Status != status || o.Gone() != (status == 410) {
			t.Errorf("%d: %+v", status, o)
		}
		if len(got) != 1 {
			t.Errorf("%d: %d requests came", status, len(got))
		}
	}
}

// TestHostileReceivers holds that a receiver can neither take memory nor time beyond
// the limit, and that nothing of its answer is shown.
func TestHostileReceivers(t *testing.T) {
	const limit = 300 * time.Millisecond
	sender := webhook.New(webhook.Options{Allow: loopback, Timeout: limit})
	defer sender.Close()
	over := make(chan struct{})
	defer close(over)
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"hangs": {func(http.ResponseWriter, *http.Request) { <-over }, "no answer within 300ms"},
		"drips for ever": {func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				_, _ = io.WriteString(w, "<secret>")
				_ = http.NewResponseController(w).Flush()
				time.Sleep(10 * time.Millisecond)
			}
		}, ""},
		"an endless answer": {func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				_, _ = w.Write(make([]byte, 1<<20))
			}
		}, ""},
		"an endless header": {func(w http.ResponseWriter, _ *http.Request) {
			for i := range 1000 {
				w.Header().Add("X-Much", strings.Repeat("x", 1000)+string(rune('a'+i%26)))
			}
		}, "the connection broke off"},
		"an error with a page": {func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, "stack trace with <secret>\x1b[31m", http.StatusBadGateway)
		}, "it answered 502 Bad Gateway"},
		"hangs up": {func(w http.ResponseWriter, _ *http.Request) {
			c, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_ = c.Close()
			}
		}, "the connection broke off"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(c.answer)
			defer server.CloseClientConnections()
			from := time.Now()
			o := sender.Send(t.Context(), message(server.URL), time.Now())
			if took := time.Since(from); took > limit+2*time.Second {
				t.Errorf("it took %s", took)
			}
			if o.Error != c.want {
				t.Errorf("%+v", o)
			}
		})
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if o := sender.Send(ctx, message("http://127.0.0.1:1"), time.Now()); o.Error != "muster was stopped meanwhile" {
		t.Errorf("when stopped: %+v", o)
	}
	if o := sender.Send(t.Context(), message("http://127.0.0.1:1"), time.Now()); o.Error != "the connection was refused" {
		t.Errorf("where nobody listens: %+v", o)
	}
	if o := sender.Send(t.Context(), message("https://nowhere.invalid"), time.Now()); o.Error != "its name does not resolve" {
		t.Errorf("a name that is none: %+v", o)
	}
	none := message("http://127.0.0.1:1")
	none.Keys = nil
	if o := sender.Send(t.Context(), none, time.Now()); !strings.Contains(o.Error, "secret of this installation") {
		t.Errorf("without a key: %+v", o)
	}
}
