package api

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"muster/internal/op"
	"muster/internal/output"
	"muster/models"
)

// Problem is an error as RFC 9457 has it, with what else commands say of one.
type Problem struct {
	Type    string      `json:"type"`
	Title   string      `json:"title"`
	Status  int         `json:"status"`
	Detail  string      `json:"detail"`
	Code    models.Code `json:"code"`
	Hint    string      `json:"hint,omitempty"`
	Field   string      `json:"field,omitempty"`
	Request string      `json:"request,omitempty"` // by which the log tells more
	Result  any         `json:"result,omitempty"`  // what was done before it
}

// problemType begins the type of a problem; behind it stands its code.
const problemType = "urn:muster:problem:"

// errChanged is beneath the error of a change of what is another by now.
var errChanged = errors.New("it is not what If-Match names")

// waiting is beneath the error of what may be tried again after some time.
type waiting struct{ wait time.Duration }

func (waiting) Error() string { return "it may be tried again" }

// statusOf is the status of an error.
func statusOf(e *models.Error) int {
	switch e.Code {
	case models.CodeUsage:
		return http.StatusBadRequest
	case models.CodeInvalid:
		return http.StatusUnprocessableEntity
	case codeUnauthorized:
		return http.StatusUnauthorized
	case models.CodeDenied:
		return http.StatusForbidden
	case models.CodeNotFound:
		return http.StatusNotFound
	case models.CodeConflict:
		if len(e.Stale) > 0 || errors.Is(e.Err, errChanged) {
			return http.StatusPreconditionFailed
		}
		return http.StatusConflict
	case models.CodeGone:
		return http.StatusGone
	case models.CodeLimit:
		if retryAfter(e) > 0 {
			return http.StatusTooManyRequests
		}
		return http.StatusForbidden // waiting brings nothing
	}
	return http.StatusInternalServerError
}

// retryAfter is when trying again may help, 0 for never.
func retryAfter(e *models.Error) time.Duration {
	var w waiting
	if errors.As(e.Err, &w) {
		return w.wait
	}
	return e.Wait
}

// refuse answers with an error.
func (a *API) refuse(w http.ResponseWriter, r *http.Request, err error) {
	a.refuseWith(w, r, err, nil)
}

// refuseWith is refuse after something was done.
func (a *API) refuseWith(w http.ResponseWriter, r *http.Request, err error, result any) {
	e := asError(err).Worded(words)
	a.problemWith(w, r, statusOf(e), e, result)
}

// asError is models.AsError for what a request can bring as well.
func asError(err error) *models.Error {
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return models.Errorf(models.CodeUsage, "the body is longer than %d bytes", large.Limit)
	}
	return models.AsError(err)
}

func (a *API) tooOften(w http.ResponseWriter, r *http.Request, what string, wait time.Duration) {
	a.refuse(w, r, &models.Error{Code: models.CodeLimit, Message: what, Hint: "try again in " + seconds(wait) + " s", Err: waiting{wait}})
}

func seconds(d time.Duration) string {
	return strconv.Itoa(max(1, int((d+time.Second-1)/time.Second)))
}

func (a *API) problem(w http.ResponseWriter, r *http.Request, status int, e *models.Error) {
	a.problemWith(w, r, status, e, nil)
}

func (a *API) problemWith(w http.ResponseWriter, r *http.Request, status int, e *models.Error, result any) {
	x := exchangeOf(r.Context())
	x.code = string(e.Code)
	p := Problem{Type: problemType + string(e.Code), Title: http.StatusText(status), Status: status, Detail: e.Message,
		Code: e.Code, Hint: e.Hint, Field: e.Field, Result: result}
	if status == http.StatusInternalServerError {
		p.Request, p.Hint = x.id, "the log of the server tells more of this request"
		if x.cause = e.Err; x.cause == nil {
			x.cause = e
		}
	}
	h := w.Header()
	h.Set("Content-Type", "application/problem+json")
	if wait := retryAfter(e); wait > 0 {
		h.Set("Retry-After", seconds(wait))
	}
	w.WriteHeader(status)
	_ = output.JSON(w, p) // a client that left needs none
}

// words are how hints name an operation over HTTP.
func words(name, args string) string {
	r := op.Find(name)
	switch {
	case r == nil:
		return strings.ReplaceAll(name, ".", " ")
	case args == "":
		return "`" + r.Route + "`"
	}
	return "`" + r.Route + "` (" + args + ")"
}
