package api

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"muster/internal/op"
	"muster/internal/output"
	"muster/models"
)

// route answers requests for one operation.
func (a *API) route(row *op.Row) func(http.ResponseWriter, *http.Request, Caller) {
	read := readOf(row)
	return func(w http.ResponseWriter, r *http.Request, c Caller) {
		var body []byte
		var err error
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			if body, err = readBody(r); err != nil {
				a.refuse(w, r, err)
				return
			}
		}
		in, yes, err := decode(row, r, body)
		if err != nil {
			a.refuse(w, r, err)
			return
		}
		c.Actor.OwnerConfirmed = yes && row.Owner
		if _, code := row.Field("Code"); code && strings.HasPrefix(row.Name, "code.") {
			if !a.mayTry(w, r, c) {
				return
			}
			defer func() {
				if exchangeOf(r.Context()).code == string(models.CodeNotFound) {
					a.wrongCode(r, c)
				}
			}()
		}
		if !row.Changes || row.Out == reflect.TypeFor[op.Stream]() {
			a.answer(w, r, row, c, in)
			return
		}
		if match := r.Header.Get("If-Match"); match != "" && match != "*" && read != nil {
			c.Actor.Request = &models.Request{Unchanged: a.unchanged(r, read, c, match)}
		}
		a.once(w, r, row.Name, body, &c, func() answer { return a.change(r, row, read, c, in) })
	}
}

// run resolves the input and runs the operation.
func (a *API) run(ctx context.Context, row *op.Row, c Caller, in any) (out any, here op.Organization, err error) {
	if here, err = a.resolve(ctx, row, c.Actor, in); err != nil {
		return nil, here, err
	}
	d := op.Deps{Store: a.cfg.Store, Now: a.cfg.Now, Site: a.cfg.Site, Key: c.Key, Words: words}
	out, err = row.Run(ctx, d, c.Actor, in)
	return out, here, err
}

// answer answers with what an operation reads.
func (a *API) answer(w http.ResponseWriter, r *http.Request, row *op.Row, c Caller, in any) {
	out, _, err := a.run(r.Context(), row, c, in)
	if err != nil {
		a.refuse(w, r, a.meant(err))
		return
	}
	if s, ok := out.(op.Stream); ok {
		a.stream(w, r, s)
		return
	}
	var text bytes.Buffer
	if err := output.JSON(&text, out); err != nil {
		a.refuse(w, r, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	if next := nextOf(out); next != "" {
		h.Set("Link", "<"+nextPage(r, next)+`>; rel="next"`)
	}
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		tag := etag(out)
		h.Set("ETag", tag)
		h.Set("Cache-Control", "private, no-cache")
		if matches(r.Header.Get("If-None-Match"), tag) {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	_, _ = w.Write(text.Bytes()) // a client that left needs none
}

// change makes the answer to a change.
func (a *API) change(r *http.Request, row, read *op.Row, c Caller, in any) answer {
	out, here, err := a.run(r.Context(), row, c, in)
	part, failed := op.PartOf(err)
	var before models.AskedBefore
	switch {
	case errors.As(err, &before):
		return answer{before: before}
	case failed && part.Shown: // the answer tells it
		err = nil
	case failed:
		return a.recorded(func(w http.ResponseWriter) { a.refuseWith(w, r, part.Err, out) })
	case err != nil:
		return a.recorded(func(w http.ResponseWriter) { a.refuse(w, r, a.meant(err)) })
	}
	ans := answer{Status: http.StatusOK, Type: "application/json", Header: map[string]string{}}
	if read != nil && read.Out == row.Out && samePath(read, row) {
		ans.Header["ETag"] = etag(out)
	}
	var v any = out
	if row.InOrganization() {
		if o := op.OrganizationOf(out); o.ID != "" {
			here = o
		}
		if here.ID != "" {
			v = op.Named(out, here)
		}
	}
	var text bytes.Buffer
	if err := output.JSON(&text, v); err != nil {
		return a.recorded(func(w http.ResponseWriter) { a.refuse(w, r, err) })
	}
	ans.Body = text.Bytes()
	return ans
}

// recorded is what write would answer.
func (a *API) recorded(write func(http.ResponseWriter)) answer {
	rec := &recorder{header: http.Header{}}
	write(rec)
	ans := answer{Status: rec.status, Type: rec.header.Get("Content-Type"), Body: rec.body.Bytes(), Header: map[string]string{}}
	if v := rec.header.Get("Retry-After"); v != "" {
		ans.Header["Retry-After"] = v
	}
	return ans
}

type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(b []byte) (int, error) { return r.body.Write(b) }

// meant words the errors whose hints are of commands alone.
func (a *API) meant(err error) error {
	if errors.Is(err, models.MakesOwner{}) {
		return models.AsError(err).WithHint(`send "yes": true to go ahead`)
	}
	return err
}

// stream answers bit by bit. Nothing is sent before the first of it is there, so
// that a refusal is one.
func (a *API) stream(w http.ResponseWriter, r *http.Request, s op.Stream) {
	begun := false
	err := s.Write(writerFunc(func(b []byte) (int, error) {
		if !begun {
			begun = true
			kind := "text/csv; charset=utf-8"
			if s.Format == "jsonl" {
				kind = "application/jsonl"
			}
			w.Header().Set("Content-Type", kind)
		}
		return w.Write(b)
	}))
	switch {
	case err == nil && !begun:
		w.WriteHeader(http.StatusNoContent)
	case err != nil && !begun:
		a.refuse(w, r, err)
	case err != nil:
		a.log.Warn("an answer broke off", "request", exchangeOf(r.Context()).id, "error", err)
		panic(http.ErrAbortHandler) // so that nobody takes it for the whole
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

var _ io.Writer = writerFunc(nil)

// nextOf is what an answer says of the next page.
func nextOf(out any) string {
	v := reflect.ValueOf(out)
	if v.Kind() != reflect.Struct {
		return ""
	}
	if f := v.FieldByName("Next"); f.IsValid() && f.Kind() == reflect.String {
		return f.String()
	}
	return ""
}

func nextPage(r *http.Request, next string) string {
	q := r.URL.Query()
	q.Set("after", next)
	return (&url.URL{Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: q.Encode()}).String()
}

// required tells whether a request must hold a field of the body.
func required(f op.Field) bool {
	return f.Required == "true" || f.Arg != "" && f.Arg[0] != '[' && f.Type.Kind() != reflect.Pointer
}

// unasked is the name in a body by which somebody agrees that another becomes an
// owner.
const unasked = "yes"

// decode makes the input of an operation from a request. yes is whether it agrees
// to what is confirmed on its own.
func decode(row *op.Row, r *http.Request, body []byte) (in any, yes bool, err error) {
	fields, err := object(body)
	if err != nil {
		return nil, false, err
	}
	return decodeObject(row, r, fields)
}

// decodeObject is decode for a body that was read.
func decodeObject(row *op.Row, r *http.Request, fields map[string]value) (in any, yes bool, err error) {
	in = row.New()
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, false, models.Errorf(models.CodeUsage, "the query cannot be read")
	}
	for _, f := range row.Fields {
		if err := decodeField(row, f, r, query, fields, in); err != nil {
			return nil, false, err
		}
	}
	if given, ok := fields[unasked]; ok && row.Owner {
		delete(fields, unasked)
		if yes, ok = given.v.(bool); !ok {
			return nil, false, models.Invalid(unasked, "%s must be true or false", unasked)
		}
	}
	for _, name := range sortedKeys(query) {
		return nil, false, models.Errorf(models.CodeUsage, "the query has %q, which this route does not take", models.Clip(name))
	}
	for _, name := range sortedKeys(fields) {
		return nil, false, models.Errorf(models.CodeUsage, "the body has %q, which this route does not take", models.Clip(name))
	}
	if err := readTexts(row, in); err != nil {
		return nil, false, err
	}
	return in, yes, row.Check(in)
}

// decodeField takes one field from where the request has it, out of what is left of
// query and body.
func decodeField(row *op.Row, f op.Field, r *http.Request, query url.Values, fields map[string]value, in any) error {
	byDefault(f, in)
	switch {
	case f.Path != "" && strings.Contains(row.Route, "{"+f.Path+"}"):
		f.Set(in, r.PathValue(f.Path))
	case r.Method != http.MethodGet && r.Method != http.MethodHead && f.Body != "":
		given, ok := fields[f.Body]
		if !ok && required(f) {
			return missing(f.Body)
		}
		if !ok {
			return nil
		}
		delete(fields, f.Body)
		return given.into(f, in)
	case f.Query != "":
		values, ok := query[f.Query]
		if !ok && f.Arg != "" && f.Arg[0] != '[' {
			return missing(f.Query)
		}
		if !ok {
			return nil
		}
		delete(query, f.Query)
		return fromQuery(f, in, values)
	}
	return nil
}

func missing(name string) error {
	e := models.Errorf(models.CodeUsage, "%s is missing", name)
	e.Field = name
	return e
}

// byDefault gives a field that was left out the value that its option has.
func byDefault(f op.Field, in any) {
	if f.Default == "" {
		return
	}
	v := f.Of(in)
	switch v.Kind() {
	case reflect.String:
		v.SetString(f.Default)
	case reflect.Int:
		if n, err := strconv.Atoi(f.Default); err == nil {
			v.SetInt(int64(n))
		}
	}
}

func fromQuery(f op.Field, in any, values []string) error {
	v := f.Of(in)
	if v.Kind() == reflect.Slice {
		var list []string
		for _, s := range values {
			if f.Comma {
				list = append(list, strings.Split(s, ",")...)
			} else {
				list = append(list, s)
			}
		}
		v.Set(reflect.ValueOf(list))
		return nil
	}
	if len(values) > 1 {
		return models.Errorf(models.CodeUsage, "the query has %s more than once", f.Query)
	}
	text := values[0]
	if v.Kind() == reflect.Pointer && v.Type().Elem().Kind() == reflect.String {
		f.Set(in, text)
		return nil
	}
	switch v.Kind() {
	case reflect.Bool:
		if text != "true" && text != "false" && text != "" {
			return models.Invalid(f.Query, "%s must be true or false", f.Query)
		}
		v.SetBool(text != "false")
	case reflect.Int:
		n, err := strconv.Atoi(text)
		if err != nil {
			return models.Invalid(f.Query, "%s must be a whole number", f.Query)
		}
		if n == 0 && f.Query == "limit" {
			return models.Invalid("limit", "limit must be from 1 to %d", models.MaxLimit) // 0 is none given
		}
		v.SetInt(int64(n))
	default:
		v.SetString(text)
	}
	return nil
}

// readTexts checks the texts that a command reads from files.
func readTexts(row *op.Row, in any) error {
	for _, f := range row.Fields {
		if f.Read != "code" || f.Body == "" {
			continue
		}
		code := models.NormFactorCode(f.Of(in).String())
		if code == "" {
			return missing(f.Body)
		}
		f.Set(in, code)
	}
	return nil
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
