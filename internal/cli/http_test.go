package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"muster/internal/api"
	"muster/internal/op"
	"muster/models"
)

// names lets tests say who sends a request.
type names map[string]models.Actor

// Authenticate knows a name for whoever has it.
func (n names) Authenticate(_ context.Context, credential string, _ netip.Addr) (api.Caller, bool, error) {
	a, ok := n[credential]
	if !ok {
		return api.Caller{}, true, models.Errorf(models.CodeDenied, "nobody is called so")
	}
	return api.Caller{Actor: a, Key: models.PublicKey{Fingerprint: a.Key}, ID: credential}, true, nil
}

// anyTries holds nobody up for wrong codes.
type anyTries struct{}

func (anyTries) TryCode(context.Context, string, netip.Addr) time.Duration { return 0 }
func (anyTries) WrongCode(string, netip.Addr)                              {}

// httpOf is the HTTP door of a house, and who may come by it under which name.
func (h *strangersHouse) http(t *testing.T) (http.Handler, names) {
	t.Helper()
	who := names{}
	site := siteOfTests()
	d := &door{env: Env{Now: outsiderClock, After: time.After}, log: slog.New(slog.DiscardHandler), store: h.s}
	door, err := api.New(api.Config{
		Store: h.s, Now: time.Now, Site: site.Site,
		Exec: func(ctx context.Context, x api.Exec) int { return d.execAt(ctx, x, site) }, Authenticators: []api.Authenticator{who}, Tries: anyTries{},
		Limits: api.Limits{Rate: api.Rate{Burst: 1 << 20, Each: time.Nanosecond}, AtOnce: 1000},
	})
	if err != nil {
		t.Fatal(err)
	}
	return door, who
}

func send(door http.Handler, as, method, path string, body []byte, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, bytes.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+as)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	door.ServeHTTP(w, r)
	return w
}

// overExec runs lines by POST /v1/exec.
func (h *strangersHouse) overExec(t *testing.T) func(a models.Actor, in string, args []string) said {
	door, who := h.http(t)
	return func(a models.Actor, in string, args []string) said {
		who["caller"] = a
		words := slices.DeleteFunc(slices.Clone(args), func(w string) bool { return w == "--json" })
		body, err := json.Marshal(map[string]any{"args": words, "stdin": in})
		if err != nil {
			t.Fatal(err)
		}
		w := send(door, "caller", http.MethodPost, "/v1/exec", body)
		status, err := strconv.Atoi(w.Header().Get(api.ExitStatus))
		if err != nil {
			t.Fatalf("%q: %d %s", args, w.Code, w.Body)
		}
		if strings.HasPrefix(w.Body.String(), `{"error":`) {
			return said{status, "", w.Body.String()}
		}
		return said{status, w.Body.String(), ""}
	}
}

func TestOutsidersAreToldNothingOverHTTP(t *testing.T) {
	h := newStrangersHouse(t)
	h.over = h.overExec(t)
	outsidersAreToldNothing(t, h)
}

func TestARuleKeepsOutOverHTTP(t *testing.T) {
	h := newStrangersHouse(t)
	h.over = h.overExec(t)
	aRuleKeepsOut(t, h)
}

// seeded makes two installations alike, to every id.
func seeded() *rand.ChaCha8 { return rand.NewChaCha8([32]byte{1}) }

// TestExecSaysWhatSSHSays holds that /v1/exec answers with the very bytes that each
// command of the table prints over SSH, and ends as it does: two installations that
// are alike to every id are told the same.
func TestExecSaysWhatSSHSays(t *testing.T) {
	bySSH, byHTTP := newStrangersHouseWith(t, seeded()), newStrangersHouseWith(t, seeded())
	for _, h := range []*strangersHouse{bySSH, byHTTP} {
		h.seen(t, h.owner)
	}
	over := byHTTP.overExec(t)
	rows := outsiderRows()
	tried, good := map[string]bool{}, map[string]bool{}
	last := []string{"invitation.revoke", "invitation.withdraw", "invitation.reject", "link.revoke", "member.remove", "member.suspend", "organization.delete", "organization.switch",
		"project.delete", "role.delete", "transfer.cancel", "user.delete", "workspace.delete", "member.leave"}
	order := slices.DeleteFunc(slices.Sorted(maps.Keys(rows)), func(name string) bool { return slices.Contains(last, name) })
	for _, name := range append(order, last...) {
		for _, l := range rows[name].lines {
			for _, more := range [][]string{{"--org", "ACME"}, {"--org", "NEVER"}, {"--unknown"}} {
				args, _ := filled(l, bySSH.real)
				same, _ := filled(l, byHTTP.real)
				if !slices.Equal(args, same) {
					t.Fatalf("the two are not alike: %q and %q", args, same)
				}
				args = append(args, more...)
				if name == "event.follow" && slices.Contains(more, "ACME") { // over SSH it goes on until the caller leaves
					bySSH.s.OpenSession(bySSH.owner).End() // which takes an id
					if got := over(byHTTP.owner, "", args); got.status != models.CodeUsage.ExitStatus() {
						t.Errorf("%q over HTTP: %+v", args, got)
					}
					tried[name] = true
					continue
				}
				ssh := args
				if name != "audit.export" {
					ssh = append(slices.Clone(args), "--json")
				}
				session := bySSH.s.OpenSession(bySSH.owner)
				want := bySSH.run(bySSH.owner, rows[name].in, "", ssh...)
				session.End()
				got := over(byHTTP.owner, rows[name].in, args)
				if name == "audit.export" {
					want.errs, got.errs = "", "" // only an answer is JSON there
				}
				want.out = bySides(want.out)
				if got.out = bySides(got.out); want.out != "" {
					want.errs = "" // beside an answer it is for people
				}
				if got != want && name != "user.sessions" { // whose ids are of the sessions themselves
					t.Errorf("%q over HTTP: %+v\nover SSH: %+v", args, got, want)
				}
				tried[name] = true
				good[name] = good[name] || got.status == 0
			}
		}
	}
	for _, r := range op.All() {
		if !tried[r.Name] && r.Door != op.DoorRequest && r.Door != op.DoorNew {
			t.Errorf("%s was not tried", r.Name)
		}
	}
	if len(good) == 0 || countTrue(good) < len(good)/3 {
		t.Errorf("only %d of %d operations were done", countTrue(good), len(good))
	}
}

// seen lets somebody come and go, and waits until that is written down. It is written
// behind, and from then on their key is proven and counts for hosts.
func (h *strangersHouse) seen(t *testing.T, a models.Actor) {
	t.Helper()
	h.s.OpenSession(a).End()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		keys, err := h.s.ListKeys(t.Context(), a)
		if err != nil {
			t.Fatal(err)
		}
		if len(keys) > 0 && keys[0].ProvenAt != nil {
			return
		}
		if time.Now().After(end) {
			t.Fatal("that somebody came is not written down")
		}
	}
}

// bySides takes out by which door somebody came, which is not the same.
func bySides(s string) string {
	return chain.ReplaceAllString(strings.NewReplacer(`"via":"ssh"`, `"via":"…"`, `"via":"api"`, `"via":"…"`).Replace(s), `"…"`)
}

// chain are the links of the audit log, which cover the way in.
var chain = regexp.MustCompile(`"[0-9a-f]{64}"`)

func countTrue(m map[string]bool) (n int) {
	for _, v := range m {
		if v {
			n++
		}
	}
	return n
}

// pathOf fills a route in.
func pathOf(r *op.Row, fill map[string]string) (method, path string) {
	method, path, _ = strings.Cut(r.Route, " ")
	for name, v := range fill {
		path = strings.ReplaceAll(path, "{"+name+"}", strings.ReplaceAll(v, "/", "%2F"))
	}
	return method, path
}

// kinds are what stands for each part of a route, by the names of a stranger's house.
// The keys of a route are those of the caller, of API keys or of an organization's
// hosts.
func kinds(r *op.Row) map[string]string {
	m := map[string]string{"user": "user", "workspace": "workspace", "project": "project", "role": "role", "transfer": "transfer",
		"key": "key", "id": "invitation", "code": "invitation", "service": "service", "label": "payment", "webhook": "webhook", "delivery": "delivery"}
	switch {
	case strings.HasPrefix(r.Name, "api_key."):
		m["key"] = "apikey"
	case strings.HasPrefix(r.Name, "member.revoke_key"):
		m["key"] = "fingerprint"
	}
	return m
}

// bodyOf is the least that a route takes.
func bodyOf(r *op.Row) []byte {
	fields := map[string]any{}
	for _, f := range r.Fields {
		if f.Body == "" || f.Path != "" {
			continue
		}
		if f.Type.Kind().String() == "string" {
			fields[f.Body] = map[string]string{"email": "new@example.com", "user": "usr_1", "role": "viewer", "at": "30d", "plan": "team", "confirm": "X", "scope": "organization", "list": "new@example.com",
				"overlap": "24h", "for": "8h", "expires_in": "30d", "address": "192.0.2.1", "status": "active", "file": "organization: ACME\n"}[f.Body]
			if fields[f.Body] == "" {
				fields[f.Body] = "something"
			}
		}
	}
	switch r.Name {
	case "settings.update":
		fields["set"] = []string{"general.message_of_the_day=x"}
	case "role.create", "role.update":
		fields["permissions"] = []string{"audit.read"}
	case "member.end":
		delete(fields, "never")
	}
	for _, f := range r.Fields { // one of the changes that may be made
		if f.Type.Kind().String() == "ptr" && (f.Body == "name" || f.Body == "label" || f.Body == "description") {
			fields[f.Body] = "Something"
		}
	}
	body, err := json.Marshal(fields)
	if err != nil {
		panic(err)
	}
	return body
}

// TestOutsidersAreToldNothingByRoutes is TestOutsidersAreToldNothing for the typed
// routes: not a byte tells what is there from what never was.
func TestOutsidersAreToldNothingByRoutes(t *testing.T) {
	h := newStrangersHouse(t)
	door, who := h.http(t)
	for caller, a := range h.callers {
		who[caller] = a
	}
	for _, r := range op.All() {
		if r.Door == op.DoorNew || strings.Contains(r.Route, " /v1/me") && !strings.Contains(r.Route, "{") || r.Name == "code.request" || r.Name == "organization.create" || r.Name == "organization.upgrade" {
			continue
		}
		for how, org := range h.orgs {
			none := "NEVER"
			if strings.HasPrefix(org, "org_") {
				none = h.never["organization"]
			}
			there, nowhere := map[string]string{"org": org, "action": "invite", "name": "theme"}, map[string]string{"org": none, "action": "invite", "name": "theme"}
			for param, kind := range kinds(r) {
				there[param], nowhere[param] = h.real[kind], h.never[kind]
			}
			if strings.HasPrefix(r.Name, "settings") {
				there["key"], nowhere["key"] = "general.name", "general.name"
			}
			method, path := pathOf(r, there)
			_, nothing := pathOf(r, nowhere)
			if r.Name == "plan.set.preview" {
				path, nothing = path+"?plan=team", nothing+"?plan=team"
			}
			if r.Name == "invitation.request" {
				h.forgetTries(t)
			}
			for caller := range h.callers {
				if caller == "suspended member" {
					continue
				}
				got, want := send(door, caller, method, path, bodyOf(r)), send(door, caller, method, nothing, bodyOf(r))
				gotBody, wantBody := replaced(got.Body.String(), there), replaced(want.Body.String(), nowhere)
				if got.Code != want.Code || gotBody != wantBody {
					t.Errorf("%s as %s: %s tells %s from what never was:\n%d %s\n%d %s", caller, how, r.Name, path, got.Code, gotBody, want.Code, wantBody)
				}
				if strings.Contains(r.Route, "{org}") && r.Name != "invitation.request" && got.Code != http.StatusNotFound {
					t.Errorf("%s: %s %s: %d %s", caller, method, path, got.Code, gotBody)
				}
				if got.Code >= http.StatusInternalServerError {
					t.Errorf("%s %s: %s", method, path, got.Body)
				}
				if word := (said{out: gotBody}).tells(inACME()); word != "" && word != "prj_" {
					t.Errorf("%s: %s tells of %s: %s", caller, r.Name, word, gotBody)
				}
			}
		}
	}
}

func replaced(text string, names map[string]string) string {
	for _, v := range names {
		if len(v) > 3 && v != "invite" && v != "theme" && v != "general.name" {
			text = strings.ReplaceAll(text, v, "…")
		}
	}
	return text
}

// TestEveryRouteWorks holds that the owner is let in by every typed route: whatever
// is answered is about what was asked, never about the request itself.
func TestEveryRouteWorks(t *testing.T) {
	h := newStrangersHouse(t)
	door, who := h.http(t)
	who["olga"] = h.owner
	ofTheSite := []string{"organization.deleted", "organization.list_all"}
	for _, r := range op.All() {
		fill := map[string]string{"org": "ACME", "action": "invite", "name": "theme"}
		for param, kind := range kinds(r) {
			fill[param] = h.real[kind]
		}
		fill["id"], fill["code"] = h.real["request"], "AAAAAAAAAAAAAAAAAAAAAAAAAA"
		if strings.HasPrefix(r.Name, "settings") {
			fill["key"] = "general.name"
		}
		if r.Changes && r.Name != "audit.export" || r.Name == "event.follow" {
			continue // they have tests of their own, and change what others need or have no end
		}
		if strings.HasPrefix(r.Name, "link.") {
			fill["id"] = h.real["link"]
		}
		method, path := pathOf(r, fill)
		if r.Name == "plan.set.preview" {
			path += "?plan=team"
		}
		if strings.HasPrefix(r.Route, "GET /v1/users") {
			path += "?org=ACME" // without it, only for site admins
		}
		w := send(door, "olga", method, path, bodyOf(r))
		good := w.Code == http.StatusOK || slices.Contains(ofTheSite, r.Name) && w.Code == http.StatusForbidden ||
			r.Name == "code.show" && w.Code == http.StatusNotFound || strings.HasPrefix(r.Name, "key.remove") && w.Code == http.StatusNotFound ||
			strings.HasPrefix(r.Name, "second_factor.disable") || r.Name == "member.leave.preview" && w.Code == http.StatusConflict
		if !good {
			t.Errorf("%s: %s %s: %d %s", r.Name, method, path, w.Code, w.Body)
		}
		if w.Code == http.StatusOK && w.Header().Get("Content-Type") == "application/json" && !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s: not JSON: %s", r.Name, w.Body)
		}
	}
}
