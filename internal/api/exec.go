package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"

	"muster/models"
)

// Exec is a command line that came over HTTP.
type Exec struct {
	Caller Caller
	Args   []string
	In     io.Reader
	Out    io.Writer
	Err    io.Writer
	// Failed hears of the error that the command ends with.
	Failed func(*models.Error)
}

// execIn is the body of /v1/exec.
type execIn struct {
	Args  []string `json:"args"`
	Stdin string   `json:"stdin"`
}

// ExitStatus is the header that says how a command ended.
const ExitStatus = "Muster-Exit-Status"

const maxArgs = 1000

// exec runs a command. The body of the answer is what the command writes over SSH:
// its standard output, and where that is empty what it says of its error.
func (a *API) exec(w http.ResponseWriter, r *http.Request, c Caller) {
	in, text, err := readExec(r)
	if err != nil {
		a.refuse(w, r, err)
		return
	}
	code := in.Args[0] == "join"
	if code && !a.mayTry(w, r, c) {
		return
	}
	a.once(w, r, "exec", text, &c, func() answer {
		var out, errs bytes.Buffer
		var failed *models.Error
		status := a.cfg.Exec(r.Context(), Exec{Caller: c, Args: in.Args, In: strings.NewReader(in.Stdin), Out: &out, Err: &errs,
			Failed: func(e *models.Error) { failed = e }})
		if code && failed != nil && failed.Code == models.CodeNotFound {
			a.wrongCode(r, c)
		}
		ans := answer{Status: http.StatusOK, Type: "application/json", Body: out.Bytes(), Header: map[string]string{ExitStatus: strconv.Itoa(status)}}
		if out.Len() == 0 {
			ans.Body = errs.Bytes()
		}
		if failed != nil {
			ans.Status, ans.code = statusOf(failed), string(failed.Code)
			if wait := retryAfter(failed); wait > 0 {
				ans.Header["Retry-After"] = seconds(wait)
			}
			if failed.Code == models.CodeInternal {
				if exchangeOf(r.Context()).cause = failed.Err; failed.Err == nil {
					exchangeOf(r.Context()).cause = failed
				}
			}
		}
		return ans
	})
}

// readExec reads the body of a command, and gives it as it came as well.
func readExec(r *http.Request) (in execIn, text []byte, err error) {
	if text, err = readBody(r); err != nil {
		return in, nil, err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&in); err != nil || d.More() {
		return in, nil, models.Errorf(models.CodeUsage, "the body must be a JSON object with args, a list of words, and perhaps stdin, a text")
	}
	if len(in.Args) == 0 || len(in.Args) > maxArgs {
		return in, nil, models.Errorf(models.CodeUsage, "args must have from 1 to %d words", maxArgs)
	}
	for _, word := range in.Args {
		if strings.ContainsRune(word, 0) {
			return in, nil, models.Errorf(models.CodeUsage, "words of a command have no NUL in them")
		}
	}
	return in, text, nil
}

// readBody reads a JSON body, nil for none.
func readBody(r *http.Request) ([]byte, error) {
	text, err := io.ReadAll(r.Body)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, err
	case err != nil:
		return nil, models.Errorf(models.CodeUsage, "the body ended before its end")
	case len(bytes.TrimSpace(text)) == 0:
		return nil, nil
	}
	kind, _, _ := strings.Cut(r.Header.Get("Content-Type"), ";")
	if kind = strings.TrimSpace(kind); kind != "" && !strings.EqualFold(kind, "application/json") && !strings.EqualFold(kind, "application/x-www-form-urlencoded") {
		return nil, models.Errorf(models.CodeUsage, "the body must be application/json, not %s", models.Clip(kind))
	}
	return text, nil
}
