package cli

import (
	"context"
	"math"
	"reflect"
	"strings"

	"github.com/spf13/cobra"

	"muster/internal/op"
	"muster/internal/output"
	"muster/models"
)

// result is the outcome for one of several, in JSON. What came of it stands
// under the noun of the operation.
type result struct {
	noun string
	id   string
	out  any
	err  *op.RowError
}

// MarshalJSON writes id, ok, and what came of it or why not.
func (r result) MarshalJSON() ([]byte, error) {
	if r.err != nil {
		return output.Marshal(struct {
			ID    string       `json:"id"`
			OK    bool         `json:"ok"`
			Error *op.RowError `json:"error"`
		}{r.id, false, r.err})
	}
	head, err := output.Marshal(struct {
		ID string `json:"id"`
		OK bool   `json:"ok"`
	}{r.id, true})
	if err != nil {
		return nil, err
	}
	body, err := output.Marshal(map[string]any{r.noun: r.out})
	if err != nil {
		return nil, err
	}
	return append(append(head[:len(head)-1], ','), body[1:]...), nil
}

// one is one of several things that an operation is done to.
type one struct {
	word string // that names it
	in   any
	here models.Organization
	err  error // why not
}

// each does one thing to every word. One word answers with the thing or the
// error. Several answer with a result for each: the good ones stay, and the
// worst error decides the exit status.
func (c *cli) each(cmd *cobra.Command, r *op.Row, in any, many []string) error {
	ctx := cmd.Context()
	all := c.oneByOne(ctx, r, in, many)
	if on(cmd, dryRun) {
		r = op.Find(r.Preview)
	} else if err := c.agreeToAll(ctx, cmd, r, all); err != nil {
		return err
	}
	var t tally
	for _, x := range all {
		c.here = x.here
		out, err := any(nil), x.err
		if err == nil {
			out, err = c.call(ctx, r, x.in)
		}
		switch {
		case err == nil:
			err = c.succeeded(&t, r, out)
		case len(many) > 1:
			err = c.failed(&t, x.word, err)
		}
		if err != nil {
			return err
		}
	}
	if c.json {
		var v any = op.List[result]{Items: t.results}
		if len(many) == 1 {
			v = t.results[0].out
		}
		if err := c.emit(v, nil); err != nil {
			return err
		}
	}
	if after := wordsFor(r.Name).after; after != nil {
		after(ctx, c, t.outs)
	}
	return t.worst
}

// tally is what came of the words so far.
type tally struct {
	outs    []any
	results []result
	worst   error
}

// succeeded counts an answer, and shows it where the answer is not JSON.
func (c *cli) succeeded(t *tally, r *op.Row, out any) error {
	noun, _, _ := strings.Cut(r.Name, ".")
	t.outs = append(t.outs, out)
	t.results = append(t.results, result{noun: noun, id: idOf(out), out: c.named(r, out)})
	if c.json {
		return nil
	}
	return c.shown(r, out)
}

// failed counts an error of one of several, and says it where the answer is not
// JSON.
func (c *cli) failed(t *tally, word string, err error) error {
	if worse(err, t.worst) {
		t.worst = &shownError{err}
	}
	e := models.AsError(err)
	t.results = append(t.results, result{id: word, err: &op.RowError{Code: e.Code, Message: e.Message, Hint: models.WordHint(e.Hint, c.doorWords)}})
	if c.json {
		return nil
	}
	return sayTo(c.env.Err, "muster: error: %s: %s", word, e.Message)
}

// oneByOne resolves what each word names. What is named twice is there once.
func (c *cli) oneByOne(ctx context.Context, r *op.Row, in any, many []string) []one {
	field, _ := r.Field(r.Many)
	seen := map[string]bool{}
	var all []one
	for _, word := range many {
		v := reflect.New(r.In)
		v.Elem().Set(reflect.ValueOf(in).Elem())
		x := one{word: word, in: v.Interface()}
		field.Set(x.in, word)
		c.here = models.Organization{}
		x.err = c.resolve(ctx, r, x.in)
		x.here = c.here
		if id := field.Of(x.in).String(); x.err != nil || !seen[id] {
			seen[id] = true
			all = append(all, x)
		}
	}
	return all
}

// worse tells whether an error weighs more than another: a fault of muster most,
// else what has the higher exit status.
func worse(err, than error) bool {
	weight := func(err error) int {
		if code := models.CodeOf(err); code != models.CodeInternal {
			return code.ExitStatus()
		}
		return math.MaxInt
	}
	return than == nil || weight(err) > weight(than)
}

// idOf is the id of an answer.
func idOf(out any) string { return reflect.ValueOf(out).FieldByName("ID").String() }
