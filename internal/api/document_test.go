package api_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	_ "github.com/oapi-codegen/runtime" // which the client imports that is made
	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"

	"muster/internal/api"
	"muster/internal/op"
	"muster/internal/tools/pages"
)

var update = flag.Bool("update", false, "write the generated files of docs anew")

func document(t *testing.T) []byte {
	t.Helper()
	text, err := api.Document()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// TestDocumentPages holds what is made from the table in docs; `make docs` writes it.
func TestDocumentPages(t *testing.T) {
	docs := filepath.Join("..", "..", "docs")
	if err := pages.Keep(t, filepath.Join(docs, "openapi.json"), string(document(t)), *update); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("| route | operation | what it does |\n|---|---|---|\n")
	for _, r := range op.All() {
		fmt.Fprintf(&b, "| `%s` | `%s` | %s |\n", r.Route, r.Name, strings.ReplaceAll(r.Does, "|", `\|`))
	}
	pages.Hold(t, docs, "api", map[string]string{"routes": b.String()}, *update)
}

// TestTheDocumentIsOpenAPI holds the document to the specification, by somebody
// else's reading of it.
func TestTheDocumentIsOpenAPI(t *testing.T) {
	doc, err := libopenapi.NewDocument(document(t))
	if err != nil {
		t.Fatal(err)
	}
	v, errs := validator.NewValidator(doc)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	if ok, problems := v.ValidateDocument(); !ok {
		for _, p := range problems {
			t.Errorf("%s: %s", p.Message, p.Reason)
			for _, e := range p.SchemaValidationErrors {
				t.Errorf("  %s", e.Reason)
			}
		}
	}
}

// TestAnswersAreAsTheDocumentSays holds real requests and answers to the document.
func TestAnswersAreAsTheDocumentSays(t *testing.T) {
	h := newHouse(t)
	h.post("/v1/orgs/ACME/invitations", `{"email":"bob@example.com"}`).want(t, http.StatusOK)
	doc, err := libopenapi.NewDocument(document(t))
	if err != nil {
		t.Fatal(err)
	}
	v, errs := validator.NewValidator(doc)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	for _, path := range []string{
		"/v1/me", "/v1/me/keys", "/v1/me/preferences", "/v1/orgs", "/v1/all-orgs", "/v1/orgs/ACME", "/v1/orgs/ACME/members?limit=10", "/v1/orgs/ACME/members/ada@example.com",
		"/v1/orgs/ACME/invitations", "/v1/orgs/ACME/settings", "/v1/orgs/ACME/workspaces", "/v1/orgs/ACME/roles", "/v1/orgs/ACME/audit?limit=5",
		"/v1/orgs/installation/audit", "/v1/orgs/ACME/overview", "/v1/orgs/ACME/plans", "/v1/orgs/ACME/can-i", "/v1/orgs/NEVER", "/v1/users",
	} {
		got := h.get(path)
		r, err := http.NewRequest(http.MethodGet, "http://host"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer x")
		if ok, problems := v.ValidateHttpRequestResponse(r, got.Result()); !ok {
			for _, p := range problems {
				t.Errorf("%s: %s: %s", path, p.Message, p.Reason)
				for _, e := range p.SchemaValidationErrors {
					t.Errorf("  %s", e.Reason)
				}
			}
		}
	}
}

// odd are values that no route expects.
func odd() []any {
	return []any{"", "x", "ACME", "personal", "installation", "*", "ada@example.com", "owner", "0", "-1", strings.Repeat("x", 3000), "\x00", "\u202e", "é", "%2e%2e", "a b", "=", ",",
		0, -1, 1 << 40, 1.5, true, nil, []any{}, []any{"x", 1}, map[string]any{"a": 1}, []any{"general.message_of_the_day=x"}}
}

// TestNothingBreaks sends what the document allows, and what it does not, to every
// route: whatever comes of it, it is no fault of the server.
func TestNothingBreaks(t *testing.T) {
	h := newHouse(t, func(c *api.Config) {
		c.Limits = api.Limits{Rate: api.Rate{Burst: 1 << 20, Each: 1}}
	})
	var doc struct {
		Paths map[string]map[string]struct {
			OperationID string `json:"operationId"`
			Parameters  []struct{ Name, In string }
			RequestBody struct {
				Content map[string]struct {
					Schema struct {
						Properties map[string]any
						Required   []string
					}
				}
			}
		}
	}
	if err := json.Unmarshal(document(t), &doc); err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	pick := func() any { return odd()[r.IntN(len(odd()))] }
	tokens := []string{h.token(""), h.token(`,"org":"ACME"`)}
	sent := 0
	for path, methods := range doc.Paths {
		for method, o := range methods {
			for range 12 {
				target, query := path, url.Values{}
				headers := []string{"Authorization", "Bearer " + tokens[r.IntN(2)]}
				for _, p := range o.Parameters {
					text := fmt.Sprint(pick())
					switch p.In {
					case "path":
						if r.IntN(2) == 0 && p.Name == "org" || text == "" {
							text = "ACME"
						}
						target = strings.ReplaceAll(target, "{"+p.Name+"}", url.PathEscape(text))
					case "query":
						if r.IntN(2) == 0 {
							query.Set(p.Name, text)
						}
					case "header":
						if r.IntN(3) == 0 && text != "" && text == strings.Map(func(c rune) rune { return max(c, ' ') }, text) {
							headers = append(headers, p.Name, text)
						}
					}
				}
				body := map[string]any{}
				for name := range o.RequestBody.Content["application/json"].Schema.Properties {
					if r.IntN(3) > 0 {
						body[name] = pick()
					}
				}
				text, err := json.Marshal(body)
				if err != nil {
					t.Fatal(err)
				}
				if method == "get" {
					text = nil
				}
				if len(query) > 0 {
					target += "?" + query.Encode()
				}
				sent++
				send := h.send
				if o.OperationID == "event.follow" { // which has no end of its own
					send = h.sendBriefly
				}
				got := send(strings.ToUpper(method), target, string(text), headers...)
				if got.Code >= 500 || got.Code == 0 {
					t.Errorf("%s %s %s: %d %s", method, target, text, got.Code, got.Body)
				}
				if got.Code >= 400 && got.Header().Get("Content-Type") != "application/problem+json" {
					t.Errorf("%s %s: %d is %s", method, target, got.Code, got.Header().Get("Content-Type"))
				}
			}
		}
	}
	if sent < 1000 {
		t.Errorf("only %d requests", sent)
	}
}

// TestAClientIsMade holds that a generator makes a client from the document, which
// compiles and does the main job: it invites somebody and reads who was invited.
func TestAClientIsMade(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles a generator and a program")
	}
	dir, err := os.MkdirTemp("testdata", "client-") // of this module, which has what the client imports
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	run := func(env []string, name string, args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), name, args...)
		cmd.Env = append(os.Environ(), env...)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s %q: %v\n%s", name, args, err, out)
		}
		return string(out)
	}
	run(nil, "go", "tool", "oapi-codegen", "-generate", "types,client", "-package", "main", "-o", filepath.Join(dir, "client.go"), filepath.Join("..", "..", "docs", "openapi.json"))
	program, err := os.ReadFile(filepath.Join("testdata", "invite.go.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "main.go"), program, 0o600); err != nil {
		t.Fatal(err)
	}
	h := newHouse(t)
	server := httptest.NewServer(h.door)
	defer server.Close()
	out := run([]string{"MUSTER=" + server.URL, "TOKEN=" + h.token("")}, "go", "run", "./"+dir)
	if strings.TrimSpace(out) != "bob@example.com pending" {
		t.Errorf("the client says %q", out)
	}
}
