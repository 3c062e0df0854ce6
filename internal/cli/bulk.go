package cli

import (
	"context"
	"math"
	"reflect"
	"strings"

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

// each does one thing to every word. One word answers with the thing or the
// error. Several answer with a result for each: the good ones stay, and the
// worst error decides the exit status.
func (c *cli) each(ctx context.Context, r *op.Row, in any, many []string) error {
	field, _ := r.Field(r.Many)
	noun, _, _ := strings.Cut(r.Name, ".")
	w := wordsFor(r.Name)
	var first error
	var outs []any
	var results []result
	seen := map[string]bool{}
	for _, word := range many {
		one := reflect.New(r.In)
		one.Elem().Set(reflect.ValueOf(in).Elem())
		field.Set(one.Interface(), word)
		err := c.resolve(ctx, r, one.Interface())
		id := field.Of(one.Interface()).String()
		if err == nil && seen[id] {
			continue
		}
		seen[id] = true
		var out any
		if err == nil {
			out, err = c.call(ctx, r, one.Interface())
		}
		if err != nil {
			if len(many) == 1 {
				return err
			}
			if worse(err, first) {
				first = &shownError{err}
			}
			e := models.AsError(err)
			results = append(results, result{id: word, err: &op.RowError{Code: e.Code, Message: e.Message, Hint: models.WordHint(e.Hint, c.doorWords)}})
			if c.json {
				continue
			}
			if err := sayTo(c.env.Err, "muster: error: %s: %s", word, e.Message); err != nil {
				return err
			}
			continue
		}
		outs = append(outs, out)
		results = append(results, result{noun: noun, id: idOf(out), out: out})
		if !c.json {
			if err := w.show(c, out); err != nil {
				return err
			}
		}
	}
	if c.json {
		var v any = op.List[result]{Items: results}
		if len(many) == 1 {
			v = outs[0]
		}
		if err := c.emit(v, nil); err != nil {
			return err
		}
	}
	if w.after != nil {
		w.after(ctx, c, outs)
	}
	return first
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
