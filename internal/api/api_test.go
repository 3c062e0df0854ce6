package api_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hiddeco/sshsig"
	"golang.org/x/crypto/ssh"

	"muster/internal/api"
	"muster/internal/op"
	"muster/models"
	"muster/store"
)

const hostKey = "SHA256:thekeyofthishost"

// house is an installation with HTTP in front of it, and its first user, who has a
// real SSH key.
type house struct {
	t    testing.TB
	s    *store.Store
	dir  string
	door *api.API
	cfg  api.Config
	ada  models.User
	key  ssh.Signer
	now  time.Time
}

func newHouse(t testing.TB, change ...func(*api.Config)) *house {
	t.Helper()
	h := &house{t: t, dir: filepath.Join(t.TempDir(), "data"), key: newKey(t)}
	h.now = time.Now()
	h.s = h.open(true)
	k := publicKey(h.key)
	var err error
	if h.ada, err = h.s.Init(t.Context(), store.NewUser{Name: "Ada", Email: "ada@example.com", Key: &k}); err != nil {
		t.Fatal(err)
	}
	h.serve(change...)
	h.post("/v1/orgs", `{"name":"Acme","code":"ACME"}`).want(t, http.StatusOK)
	return h
}

func (h *house) open(create bool) *store.Store {
	h.t.Helper()
	plans := models.DefaultPlans()
	most := plans[models.PlanVisionary]
	most.APIRate = 0 // what is asked here is not how many may come
	plans[models.PlanVisionary] = most
	s, err := store.Open(context.Background(), store.Options{Dir: h.dir, Create: create, Plans: plans})
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = s.Close() })
	return s
}

// serve makes the door, as a server that starts does.
func (h *house) serve(change ...func(*api.Config)) {
	h.t.Helper()
	host := func() (string, error) { return hostKey, nil }
	h.cfg = api.Config{
		Store: h.s, Now: time.Now, Site: op.Site{
			Name: "host", HostKey: host, JoinCommand: func(code string) string { return "ssh join+" + code + "@host" },
			Bindings:      func(own models.Bindings) ([]models.KeyBinding, error) { return bindingsOf(own), nil },
			CheckBindings: func(models.Bindings) error { return nil },
		},
		Exec: func(_ context.Context, x api.Exec) int {
			_, _ = io.WriteString(x.Out, "{}\n")
			return 0
		},
		Tries:          anyTries{},
		Authenticators: []api.Authenticator{&api.Tokens{Keys: h.s, HostKey: host, Now: time.Now}},
		Limits:         api.Limits{Failing: api.Rate{Burst: 1000, Each: time.Second}},
	}
	for _, f := range change {
		f(&h.cfg)
	}
	var err error
	if h.door, err = api.New(h.cfg); err != nil {
		h.t.Fatal(err)
	}
}

func newKey(t testing.TB) ssh.Signer {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func publicKey(s ssh.Signer) models.PublicKey {
	return models.PublicKey{Type: s.PublicKey().Type(), Fingerprint: ssh.FingerprintSHA256(s.PublicKey()), Wire: s.PublicKey().Marshal()}
}

// token signs claims as ssh-keygen does.
func token(t testing.TB, key ssh.Signer, namespace, claims string) string {
	t.Helper()
	sig, err := sshsig.Sign(strings.NewReader(claims), key, sshsig.HashSHA512, namespace)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(sshsig.Armor(sig))
	return "must0." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + "." + base64.RawURLEncoding.EncodeToString(block.Bytes)
}

// claims are good for an hour, with more.
func claims(more string) string {
	now := time.Now().Unix()
	text, err := json.Marshal(map[string]int64{"iat": now, "exp": now + 3000})
	if err != nil {
		panic(err)
	}
	return strings.TrimSuffix(string(text), "}") + more + "}"
}

func (h *house) token(more string) string {
	return token(h.t, h.key, api.TokenNamespace(hostKey), claims(more))
}

type answered struct{ *httptest.ResponseRecorder }

func (a answered) want(t testing.TB, status int) answered {
	t.Helper()
	if a.Code != status {
		t.Errorf("status %d, want %d: %s", a.Code, status, a.Body)
	}
	return a
}

func (a answered) field(t testing.TB, name string) string {
	t.Helper()
	var v map[string]any
	if err := json.Unmarshal(a.Body.Bytes(), &v); err != nil {
		t.Fatalf("%v: %s", err, a.Body)
	}
	s, _ := v[name].(string)
	return s
}

// send sends a request as Ada, unless the headers say otherwise.
func (h *house) send(method, path, body string, headers ...string) answered {
	h.t.Helper()
	return h.sendIn(h.t.Context(), method, path, body, headers...)
}

// sendBriefly is send by a client that leaves soon.
func (h *house) sendBriefly(method, path, body string, headers ...string) answered {
	h.t.Helper()
	ctx, leave := context.WithTimeout(h.t.Context(), 50*time.Millisecond)
	defer leave()
	return h.sendIn(ctx, method, path, body, headers...)
}

func (h *house) sendIn(ctx context.Context, method, path, body string, headers ...string) answered {
	h.t.Helper()
	r := httptest.NewRequestWithContext(ctx, method, path, bytes.NewReader([]byte(body)))
	r.Header.Set("Authorization", "Bearer "+h.token(""))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
		if headers[i+1] == "" {
			r.Header.Del(headers[i])
		}
	}
	w := httptest.NewRecorder()
	h.door.ServeHTTP(w, r)
	return answered{w}
}

func (h *house) post(path, body string, headers ...string) answered {
	h.t.Helper()
	return h.send(http.MethodPost, path, body, headers...)
}

func (h *house) get(path string, headers ...string) answered {
	h.t.Helper()
	return h.send(http.MethodGet, path, "", headers...)
}

func (h *house) as(token string) []string { return []string{"Authorization", "Bearer " + token} }

// TestBadTokensAreAllTheSame holds that whoever has no good token gets the same
// bytes, whatever is wrong with it.
func TestBadTokensAreAllTheSame(t *testing.T) {
	h := newHouse(t)
	namespace, now := api.TokenNamespace(hostKey), time.Now().Unix()
	at := func(iat, exp int64, more string) string {
		text, err := json.Marshal(map[string]int64{"iat": iat, "exp": exp})
		if err != nil {
			t.Fatal(err)
		}
		return token(t, h.key, namespace, strings.TrimSuffix(string(text), "}")+more+"}")
	}
	good := at(now, now+60, "")
	parts := strings.Split(good, ".")
	once := at(now, now+60, `,"nonce":"n1"`)
	h.get("/v1/me", h.as(once)...).want(t, http.StatusOK)
	h.get("/v1/me", h.as(good)...).want(t, http.StatusOK)
	h.get("/v1/me", h.as(good)...).want(t, http.StatusOK)

	removed := newKey(t)
	k := publicKey(removed)
	a := models.Actor{UserID: h.ada.ID, Via: models.ViaLocal}
	added, err := h.s.AddKey(t.Context(), a, k, "")
	if err != nil {
		t.Fatal(err)
	}
	was := token(t, removed, namespace, claims(""))
	h.get("/v1/me", h.as(was)...).want(t, http.StatusOK)
	if _, err := h.s.RemoveKey(t.Context(), a, added.ID); err != nil {
		t.Fatal(err)
	}

	bad := map[string][]string{
		"none":                   {"Authorization", ""},
		"another scheme":         {"Authorization", "Basic YTpi"},
		"empty":                  {"Authorization", "Bearer "},
		"nonsense":               h.as("nonsense"),
		"an API key":             h.as("mup_" + strings.Repeat("a", 51)),
		"one part":               h.as("must0.abc"),
		"no base64":              h.as("must0.!!.!!"),
		"too long":               h.as("must0." + strings.Repeat("A", 9000)),
		"expired":                h.as(at(now-120, now-60, "")),
		"not yet":                h.as(at(now+3600, now+7200, "")),
		"for too long":           h.as(at(now, now+86400*2, "")),
		"for too long, once":     h.as(at(now, now+7200, `,"nonce":"n2"`)),
		"without an end":         h.as(token(t, h.key, namespace, `{"iat":1}`)),
		"unknown claim":          h.as(at(now, now+60, `,"aud":"x"`)),
		"two objects":            h.as(token(t, h.key, namespace, claims("")+"{}")),
		"long nonce":             h.as(at(now, now+60, `,"nonce":"`+strings.Repeat("n", 65)+`"`)),
		"used before":            h.as(once),
		"another key":            h.as(token(t, newKey(t), namespace, claims(""))),
		"a removed key":          h.as(was),
		"another host":           h.as(token(t, h.key, api.TokenNamespace("SHA256:other"), claims(""))),
		"signed to add a key":    h.as(token(t, h.key, "muster-key", claims(""))),
		"signed for git":         h.as(token(t, h.key, "git", claims(""))),
		"another's claims":       h.as(parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(claims(`,"org":"ACME"`))) + "." + parts[2]),
		"signature of a newline": h.as(parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(claims("")+"\n")) + "." + strings.Split(token(t, h.key, namespace, claims("")), ".")[2]),
	}
	want := h.get("/v1/me", "Authorization", "").want(t, http.StatusUnauthorized).Body.String()
	for name, header := range bad {
		got := h.get("/v1/me", header...).want(t, http.StatusUnauthorized)
		if got.Body.String() != want || got.Header().Get("WWW-Authenticate") == "" || got.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %s %v", name, got.Body, got.Header())
		}
	}
	// Suspended: the store says so, and to whom it belongs.
	k = publicKey(newKey(t))
	u, _, err := h.s.CreateUser(t.Context(), a, models.NewAccount{Email: "bob@example.com", Name: "Bob", Key: &k})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.s.SuspendUser(t.Context(), a, "", u.ID, ""); err != nil {
		t.Fatal(err)
	}
}

// TestWhatATokenIsFor holds that a token does what it names and no more.
func TestWhatATokenIsFor(t *testing.T) {
	h := newHouse(t)
	h.post("/v1/orgs", `{"name":"Globex","code":"GLBX"}`).want(t, http.StatusOK)
	members, one := h.as(h.token(`,"ops":["member"]`)), h.as(h.token(`,"ops":["organization.show"],"org":"ACME"`))
	h.get("/v1/orgs/ACME/members", members...).want(t, http.StatusOK)
	h.get("/v1/orgs/GLBX/members", members...).want(t, http.StatusOK)
	h.get("/v1/orgs/ACME", members...).want(t, http.StatusForbidden)
	h.get("/v1/orgs/ACME", one...).want(t, http.StatusOK)
	h.get("/v1/orgs/GLBX", one...).want(t, http.StatusNotFound)
	h.get("/v1/orgs/ACME/members", one...).want(t, http.StatusForbidden)
	// What would outlive it.
	h.post("/v1/me/keys", `{"key":"x"}`).want(t, http.StatusForbidden)
	h.post("/v1/me/pairing", `{}`).want(t, http.StatusForbidden)
	h.send(http.MethodDelete, "/v1/orgs/ACME", `{"confirm":"ACME"}`).want(t, http.StatusForbidden)
	h.send(http.MethodPatch, "/v1/orgs/ACME/settings", `{"set":["security.two_factor=required"],"force":true}`).want(t, http.StatusForbidden)
	h.get("/v1/orgs/ACME/deletion").want(t, http.StatusOK)
}

// TestAStrangerWithAKey holds that somebody without an account gets to what a code
// opens and nowhere else.
func TestAStrangerWithAKey(t *testing.T) {
	h := newHouse(t)
	inv := h.post("/v1/orgs/ACME/invitations", `{"email":"bob@example.com"}`).want(t, http.StatusOK)
	code := h.post("/v1/invitations/"+inv.field(t, "id")+"/code", "").want(t, http.StatusOK).field(t, "code")
	key := newKey(t)
	bob := h.as(token(t, key, api.TokenNamespace(hostKey), claims("")))
	h.get("/v1/me", bob...).want(t, http.StatusUnauthorized)
	h.post("/v1/exec", `{"args":["whoami"]}`, bob...).want(t, http.StatusUnauthorized)
	h.get("/v1/codes/"+code, bob...).want(t, http.StatusOK)
	h.post("/v1/codes/"+code+"/accept", `{"name":"Bob"}`, bob...).want(t, http.StatusOK)
	if got := h.get("/v1/me", bob...).want(t, http.StatusOK).field(t, "email"); got != "bob@example.com" {
		t.Errorf("joined as %s", got)
	}
}

// TestStatuses holds which error has which status.
func TestStatuses(t *testing.T) {
	h := newHouse(t)
	for name, x := range map[string]struct {
		got    answered
		status int
		code   string
	}{
		"no route":         {h.get("/v1/nothing"), 404, "not_found"},
		"another method":   {h.send(http.MethodPut, "/v1/orgs", ""), 405, "usage"},
		"no JSON":          {h.post("/v1/orgs", `{`), 400, "usage"},
		"a list":           {h.post("/v1/orgs", `[]`), 400, "usage"},
		"two values":       {h.post("/v1/orgs", `{"name":"x"} {}`), 400, "usage"},
		"unknown field":    {h.post("/v1/orgs", `{"name":"x","nmae":"y"}`), 400, "usage"},
		"lacks a field":    {h.post("/v1/orgs", `{"code":"X"}`), 400, "usage"},
		"another type":     {h.post("/v1/orgs", `{"name":7}`), 422, "invalid"},
		"another form":     {h.post("/v1/orgs", `<x/>`, "Content-Type", "application/xml"), 400, "usage"},
		"too long":         {h.post("/v1/orgs", `{"name":"`+strings.Repeat("x", 2<<20)+`"}`), 400, "usage"},
		"unknown query":    {h.get("/v1/orgs/ACME/members?seach=x"), 400, "usage"},
		"query twice":      {h.get("/v1/orgs/ACME/members?search=x&search=y"), 400, "usage"},
		"no number":        {h.get("/v1/orgs/ACME/members?limit=x"), 422, "invalid"},
		"limit 0":          {h.get("/v1/orgs/ACME/members?limit=0"), 422, "invalid"},
		"invalid":          {h.post("/v1/orgs/ACME/invitations", `{"email":"x"}`), 422, "invalid"},
		"not found":        {h.get("/v1/orgs/NEVER"), 404, "not_found"},
		"conflict":         {h.post("/v1/orgs", `{"name":"Acme","code":"ACME"}`), 409, "conflict"},
		"an owner unasked": {h.post("/v1/orgs/ACME/invitations", `{"email":"own@example.com","role":"owner"}`), 400, "usage"},
		"exec, no args":    {h.post("/v1/exec", `{"args":[]}`), 400, "usage"},
		"exec, a text":     {h.post("/v1/exec", `{"args":"whoami"}`), 400, "usage"},
	} {
		if x.got.Code != x.status || x.got.field(t, "code") != x.code {
			t.Errorf("%s: %d %s", name, x.got.Code, x.got.Body)
		}
	}
	h.post("/v1/orgs/ACME/invitations", `{"email":"own@example.com","role":"owner","yes":true}`).want(t, http.StatusOK)
	// What time heals says so: the mail was sent less than a minute ago.
	sent := h.post("/v1/orgs/ACME/invitations", `{"email":"new@example.com"}`).field(t, "id")
	if got := h.post("/v1/invitations/"+sent+"/resend", `{}`).want(t, http.StatusTooManyRequests).Header().Get("Retry-After"); got == "" {
		t.Error("nothing says when to send it again")
	}
	if got := h.post("/v1/orgs", `{"name":7}`).field(t, "field"); got != "name" {
		t.Errorf("the field is %q", got)
	}
}

func TestPages(t *testing.T) {
	h := newHouse(t)
	for _, name := range []string{"a", "b", "c"} {
		h.post("/v1/orgs/ACME/invitations", `{"email":"`+name+`@example.com"}`).want(t, http.StatusOK)
	}
	seen := map[string]bool{}
	path := "/v1/orgs/ACME/invitations?limit=2"
	for pages := 0; path != "" && pages < 5; pages++ {
		w := h.get(path).want(t, http.StatusOK)
		var list op.List[models.Invitation]
		if err := json.Unmarshal(w.Body.Bytes(), &list); err != nil {
			t.Fatal(err)
		}
		for _, i := range list.Items {
			seen[i.Email] = true
		}
		link := w.Header().Get("Link")
		if (link == "") != (list.Next == "") {
			t.Errorf("Link %q and next %q", link, list.Next)
		}
		path, _, _ = strings.Cut(strings.TrimPrefix(link, "<"), ">")
	}
	if len(seen) != 3 {
		t.Errorf("seen %v", seen)
	}
}

// TestTwoChangesOfOneState holds that of two changes with one ETag one is made.
func TestTwoChangesOfOneState(t *testing.T) {
	h := newHouse(t)
	work := h.post("/v1/orgs/ACME/workspaces", `{"name":"Lab"}`).want(t, http.StatusOK).field(t, "id")
	for path, body := range map[string]string{
		"/v1/orgs/ACME": `{"description":"%"}`, "/v1/orgs/ACME/settings": `{"set":["general.message_of_the_day=%"]}`, "/v1/orgs/ACME/workspaces/" + work: `{"description":"%"}`,
	} {
		tag := h.get(path).want(t, http.StatusOK).Header().Get("ETag")
		h.get(path, "If-None-Match", tag).want(t, http.StatusNotModified)
		var group sync.WaitGroup
		codes := make([]int, 6)
		for i := range codes {
			group.Go(func() {
				codes[i] = h.send(http.MethodPatch, path, strings.ReplaceAll(body, "%", string(rune('a'+i))), "If-Match", tag).Code
			})
		}
		group.Wait()
		made := 0
		for _, c := range codes {
			switch c {
			case http.StatusOK:
				made++
			case http.StatusPreconditionFailed:
			default:
				t.Errorf("%s: %v", path, codes)
			}
		}
		if made != 1 {
			t.Errorf("%s: %v", path, codes)
		}
		h.send(http.MethodPatch, path, strings.ReplaceAll(body, "%", "z"), "If-Match", "*").want(t, http.StatusOK)
		next := h.get(path).Header().Get("ETag")
		if next == tag {
			t.Errorf("%s: the tag stays %s", path, tag)
		}
		h.send(http.MethodPatch, path, strings.ReplaceAll(body, "%", "y"), "If-Match", `"x", `+next).want(t, http.StatusOK)
	}
	// What others do beside it changes no tag.
	tag := h.get("/v1/orgs/ACME").Header().Get("ETag")
	h.post("/v1/orgs/ACME/invitations", `{"email":"new@example.com"}`).want(t, http.StatusOK)
	if got := h.get("/v1/orgs/ACME").Header().Get("ETag"); got != tag {
		t.Error("an invitation makes another organization of it")
	}
}

// TestSentTwice holds that a request with an Idempotency-Key is done once, also
// when the server was started anew in between.
func TestSentTwice(t *testing.T) {
	h := newHouse(t)
	path, body, key := "/v1/orgs/ACME/invitations", `{"email":"bob@example.com"}`, []string{"Idempotency-Key", "k-1"}
	var group sync.WaitGroup
	all := make([]answered, 8)
	for i := range all {
		group.Go(func() { all[i] = h.post(path, body, key...) })
	}
	group.Wait()
	replayed := 0
	for _, a := range all {
		a.want(t, http.StatusOK)
		if a.Body.String() != all[0].Body.String() {
			t.Errorf("%s and %s", a.Body, all[0].Body)
		}
		if a.Header().Get("Idempotency-Replayed") == "true" {
			replayed++
		}
	}
	if replayed != len(all)-1 {
		t.Errorf("%d were the first", len(all)-replayed)
	}
	if err := h.s.Close(); err != nil {
		t.Fatal(err)
	}
	h.s = h.open(false)
	h.serve()
	if got := h.post(path, body, key...).want(t, http.StatusOK); got.Body.String() != all[0].Body.String() {
		t.Errorf("after a new start: %s", got.Body)
	}
	h.post(path, `{"email":"cy@example.com"}`, key...).want(t, http.StatusUnprocessableEntity)
	h.post("/v1/orgs/ACME/workspaces", `{"name":"Lab"}`, key...).want(t, http.StatusUnprocessableEntity)
	h.post(path, body).want(t, http.StatusConflict)
	h.post(path, body, "Idempotency-Key", strings.Repeat("k", 65)).want(t, http.StatusUnprocessableEntity)
	h.post(path, body, "Idempotency-Key", "k k").want(t, http.StatusUnprocessableEntity)
	var list op.List[models.Invitation]
	if err := json.Unmarshal(h.get(path).Body.Bytes(), &list); err != nil || len(list.Items) != 1 {
		t.Errorf("%d invitations, %v", len(list.Items), err)
	}
	// A code is shown again to who sent the request, and kept where nobody reads it.
	code := h.post("/v1/invitations/"+list.Items[0].ID+"/code", "", "Idempotency-Key", "k-2").want(t, http.StatusOK).field(t, "code")
	if again := h.post("/v1/invitations/"+list.Items[0].ID+"/code", "", "Idempotency-Key", "k-2").field(t, "code"); code == "" || again != code {
		t.Errorf("code %q, then %q", code, again)
	}
}

// bindingsOf are keys as the app has them, which this door knows nothing of.
func bindingsOf(own models.Bindings) (out []models.KeyBinding) {
	for action, keys := range own {
		out = append(out, models.KeyBinding{Action: action, Keys: keys, Own: true})
	}
	return out
}
