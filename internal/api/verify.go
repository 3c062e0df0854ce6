package api

import (
	"bytes"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"muster/internal/op"
	"muster/internal/output"
	"muster/models"
)

// verifying is the route on which services verify keys. They come as often as the
// rate of their organization allows, which is asked of their own key.
const verifying = "keys.verify"

// verify answers whether a key is good, for a service that may ask. It is the
// operation api_key.verify without a look-up of the organization: that is the one of
// the credential, unless the body names another. Most come from programs, in the
// plainest JSON, and those are answered by the shortest way: the same question to the
// same method of the store.
func (a *API) verify(row *op.Row) func(http.ResponseWriter, *http.Request, Caller) {
	return func(w http.ResponseWriter, r *http.Request, c Caller) {
		exchangeOf(r.Context()).hot = true
		v, err := a.verdict(row, r, c)
		if err != nil {
			a.callers.take(c.ID, a.cfg.Now())
			a.refuse(w, r, err)
			return
		}
		text, err := verdictText(v)
		if err != nil {
			a.refuse(w, r, err)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(text) // a client that left needs none
	}
}

func (a *API) verdict(row *op.Row, r *http.Request, c Caller) (v models.KeyVerdict, err error) {
	body, err := readBody(r)
	if err != nil {
		return v, err
	}
	if q, ok := plainQuestion(body); ok && c.Actor.APIKey != "" {
		if q, err = op.KeyQuestion(q); err != nil {
			return v, err
		}
		return a.cfg.Store.VerifyAPIKey(r.Context(), c.Actor, c.Organization, q)
	}
	fields, err := object(body)
	if err != nil {
		return v, err
	}
	org := c.Organization
	if given, ok := fields["org"]; ok && given.v != nil {
		if org, ok = given.v.(string); !ok {
			return v, models.Invalid("org", "org must be a text")
		}
	}
	delete(fields, "org")
	if org == "" {
		return v, missing("org")
	}
	if _, ok := fields["key"]; !ok {
		return v, missing("key")
	}
	if org, err = a.personal(r.Context(), c.Actor, org); err != nil {
		return v, err
	}
	r.SetPathValue("org", org)
	in, _, err := decodeObject(row, r, fields)
	if err != nil {
		return v, err
	}
	out, err := row.Run(r.Context(), op.Deps{Store: a.cfg.Store, Now: a.cfg.Now, Site: a.cfg.Site, Words: words}, c.Actor, in)
	if err != nil {
		return v, err
	}
	return out.(models.KeyVerdict), nil
}

// verdictText is an answer in JSON. Of a key that is valid all but the limits at its
// end is made once.
func verdictText(v models.KeyVerdict) ([]byte, error) {
	var text bytes.Buffer
	if v.Prepared == nil {
		err := output.JSON(&text, v)
		return text.Bytes(), err
	}
	var err error
	head := v.Prepared.Text(func() []byte {
		rest := v
		rest.Rate, rest.Credits = nil, nil
		err = output.JSON(&text, rest)
		return bytes.TrimSuffix(text.Bytes(), []byte("}\n"))
	})
	if err != nil {
		return nil, err
	}
	b := append(make([]byte, 0, len(head)+256), head...)
	b = appendLimit(b, `,"rate":`, v.Rate)
	b = appendLimit(b, `,"credits":`, v.Credits)
	return append(b, "}\n"...), nil
}

func appendLimit(b []byte, name string, l *models.KeyLimit) []byte {
	if l == nil {
		return b
	}
	b = append(b, name...)
	b = strconv.AppendInt(append(b, `{"limit":`...), int64(l.Limit), 10)
	b = strconv.AppendInt(append(b, `,"remaining":`...), int64(l.Remaining), 10)
	b = l.ResetsAt.AppendFormat(append(b, `,"resets_at":"`...), time.RFC3339Nano)
	return append(b, `"}`...)
}

// everyOrganization stands for any organization where one is named.
const everyOrganization = "*"

// auth answers a proxy that asks whether a request may pass (auth_request of nginx,
// forward_auth of Caddy, forwardAuth of Traefik). The request comes with the key of
// whoever sent it; what it has to be good for stands in the query, which is written
// where the proxy is set up.
func (a *API) auth(w http.ResponseWriter, r *http.Request) {
	x := exchangeOf(r.Context())
	x.name, x.hot = "auth", true
	org, audience, q, err := readAuth(r, x.from)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	credential, ok := a.credential(w, r, x.from)
	if !ok {
		return
	}
	v, ok, err := a.admit(w, r, credential, org, audience, q)
	if !ok {
		return
	}
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	switch v.Code {
	case models.KeyValid:
		x.user = v.Subject.ID
		admitted(w.Header(), v)
		w.WriteHeader(http.StatusNoContent)
	case models.KeyScope:
		a.refuse(w, r, models.Errorf(models.CodeDenied, "the key is not for this"))
	case models.KeyRateLimited, models.KeyNoCredits:
		what := "the key comes too often"
		if v.Code == models.KeyNoCredits {
			what = "the credits of this month are used up"
		}
		a.tooOften(w, r, what, max(v.RetryAt.Sub(a.cfg.Now()), time.Second))
	default:
		a.refusedCredential(w, r, x.from, string(v.Code))
	}
}

// admit judges an API key, or a token. ok is false where the answer was given.
//
// Tokens have to be for the site that the proxy guards, and for nothing else: who runs
// the site holds what is sent to it, and must neither open another with it nor ask for
// anything here.
func (a *API) admit(w http.ResponseWriter, r *http.Request, credential, org, audience string, q models.KeyQuestion) (v models.KeyVerdict, ok bool, err error) {
	if !strings.HasPrefix(credential, tokenPrefix) {
		q.Key = credential
		v, err = a.cfg.Store.AdmitAPIKey(r.Context(), org, q)
		return v, true, err
	}
	x := exchangeOf(r.Context())
	c, ok := a.identify(w, r, credential, x.from)
	if !ok {
		return v, false, nil
	}
	if org == "" {
		org = c.Organization
	}
	switch {
	case c.Actor.UserID == "":
		a.refusedCredential(w, r, x.from, "nobody has the key that signed it")
	case audience == "" || !strings.EqualFold(audience, c.Audience):
		a.refusedCredential(w, r, x.from, "it is for another site")
	case org == "":
		a.refusedCredential(w, r, x.from, "it names no organization")
	default:
		if wait := a.callers.take(c.ID, a.cfg.Now()); wait > 0 {
			a.tooOften(w, r, "there are too many requests", wait)
			return v, false, nil
		}
		v, err = a.cfg.Store.AdmitPerson(r.Context(), c.Actor, org, q)
		return v, true, err
	}
	return v, false, nil
}

// readAuth reads what a proxy asks. The organization must be named, so that nobody
// opens a page with a key of their own organization by mistake of whoever guards it.
func readAuth(r *http.Request, from netip.Addr) (org, audience string, q models.KeyQuestion, err error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return "", "", q, models.Errorf(models.CodeUsage, "the query cannot be read")
	}
	for name, values := range query {
		text := values[0]
		switch {
		case name == "scope":
			q.Scopes = values
			continue
		case len(values) > 1:
			return "", "", q, models.Errorf(models.CodeUsage, "the query has %s more than once", models.Clip(name))
		case name == "org":
			org = text
		case name == "audience":
			audience = text
		case name == "workspace":
			q.Workspace = text
		case name == "cost":
			if q.Cost, err = strconv.Atoi(text); err != nil {
				return "", "", q, models.Invalid("cost", "cost must be a whole number")
			}
		default:
			return "", "", q, models.Errorf(models.CodeUsage, "the query has %q, which this route does not take", models.Clip(name))
		}
	}
	switch org {
	case "":
		return "", "", q, missing("org")
	case everyOrganization:
		org = ""
	}
	if from.IsValid() {
		q.Address = from.String()
	}
	q, err = op.KeyQuestion(q)
	return org, audience, q, err
}

// admitted says in headers who it is. Names that people choose are percent-encoded:
// a header holds no others.
func admitted(h http.Header, v models.KeyVerdict) {
	for name, value := range map[string]string{
		"X-Muster-Organization":    v.Organization.Code,
		"X-Muster-Organization-Id": v.Organization.ID,
		"X-Muster-Subject":         v.Subject.ID,
		"X-Muster-Subject-Type":    v.Subject.Type,
		"X-Muster-Role":            url.PathEscape(v.Subject.Role),
		"X-Muster-Scopes":          strings.Join(v.Scopes, " "),
		"X-Muster-Key":             v.Key.ID,
	} {
		h.Set(name, value)
	}
}
