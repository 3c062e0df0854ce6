package api

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"

	"muster/internal/op"
	"muster/internal/output"
	"muster/models"
)

// restless are fields that change without anybody changing anything, and that
// what a tag stands for leaves out.
var restless = []string{
	"last_seen_at", "last_used_at", "next", "sessions", "here", "notices", "via", "address", "fingerprint",
	"seats", "members", "pending", "requests", "invitations", "usage", "counts", "used",
}

// etag stands for what an answer says of the thing itself. Who was seen when, and
// how many others there are, makes no other thing of it.
func etag(out any) string {
	text, err := output.Marshal(out)
	if err != nil {
		return `""`
	}
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		return `""`
	}
	if text, err = json.Marshal(calm(v)); err != nil { // the keys are sorted
		return `""`
	}
	sum := sha256.Sum256(text)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
}

// calm is a value without what is restless in it.
func calm(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for _, name := range restless {
			if _, list := v[name].([]any); !list || name == "notices" || name == "sessions" {
				delete(v, name)
			}
		}
		for k := range v {
			v[k] = calm(v[k])
		}
	case []any:
		for i := range v {
			v[i] = calm(v[i])
		}
	}
	return v
}

// matches tells whether a list of tags holds one, or is any.
func matches(header, tag string) bool {
	if strings.TrimSpace(header) == "*" {
		return true
	}
	for t := range strings.SplitSeq(header, ",") {
		if t = strings.TrimSpace(t); t != "" && strings.TrimPrefix(t, "W/") == tag {
			return true
		}
	}
	return false
}

// readOf is the operation that reads what another changes: at the same path, or at
// the one above.
func readOf(row *op.Row) *op.Row {
	if !row.Changes {
		return nil
	}
	_, path, _ := strings.Cut(row.Route, " ")
	above := path[:strings.LastIndex(path, "/")]
	var found *op.Row
	for _, r := range op.All() {
		method, p, _ := strings.Cut(r.Route, " ")
		switch {
		case method != http.MethodGet:
		case p == path:
			return r
		case p == above && strings.HasSuffix(p, "}"):
			found = r
		}
	}
	return found
}

func samePath(a, b *op.Row) bool {
	_, p, _ := strings.Cut(a.Route, " ")
	_, q, _ := strings.Cut(b.Route, " ")
	return p == q
}

// unchanged refuses a change of what is not any more what If-Match names. It is
// asked in the transaction of the change.
func (a *API) unchanged(r *http.Request, read *op.Row, c Caller, match string) func(context.Context) error {
	c.Actor.Request = nil
	return func(ctx context.Context) error {
		in := read.New()
		for _, f := range read.Fields {
			if f.Path != "" {
				f.Set(in, r.PathValue(f.Path))
			} else {
				byDefault(f, in)
			}
		}
		out, _, err := a.run(ctx, read, Caller{Actor: unbound(c.Actor), Key: c.Key}, in)
		if err != nil {
			return err
		}
		if matches(match, etag(out)) {
			return nil
		}
		return &models.Error{Code: models.CodeConflict, Message: "it has changed since you read it", Hint: "read it again with `" + read.Route + "`, and decide anew", Err: errChanged}
	}
}

// unbound is an actor whose token need not name the reading that a change asks for.
func unbound(a models.Actor) models.Actor {
	if a.Grant != nil {
		g := *a.Grant
		g.Operations = nil
		a.Grant = &g
	}
	return a
}
