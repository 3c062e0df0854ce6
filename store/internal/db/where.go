package db

import (
	"fmt"
	"slices"
	"strings"
)

// Where collects the conditions of a query with their parameters.
type Where struct {
	Conds []string
	Args  []any
}

// Add appends a condition; each ? in it stands for one of args.
func (w *Where) Add(cond string, args ...any) {
	for _, a := range args {
		cond = strings.Replace(cond, "?", w.Mark(a), 1)
	}
	w.Conds = append(w.Conds, cond)
}

// Mark adds a parameter and gives its placeholder.
func (w *Where) Mark(arg any) string {
	w.Args = append(w.Args, arg)
	return fmt.Sprintf("$%d", len(w.Args))
}

// In appends that a column is one of some values.
func (w *Where) In(col string, values []string) {
	marks := make([]string, len(values))
	for i, v := range values {
		marks[i] = w.Mark(v)
	}
	w.Add(col + " IN (" + strings.Join(marks, ", ") + ")")
}

// Seek keeps to the rows beyond key in the order of cols.
func (w *Where) Seek(cols []string, key []any, desc bool) {
	op := ">"
	if desc {
		op = "<"
	}
	marks := make([]string, len(key))
	for i, k := range key {
		marks[i] = w.Mark(k)
	}
	w.Add(fmt.Sprintf("(%s) %s (%s)", strings.Join(cols, ", "), op, strings.Join(marks, ", ")))
}

func (w *Where) Clone() *Where { return &Where{slices.Clone(w.Conds), slices.Clone(w.Args)} }

// String is the condition; without any, one that always holds.
func (w *Where) String() string {
	if len(w.Conds) == 0 {
		return "1 = 1"
	}
	return strings.Join(w.Conds, " AND ")
}

// OrderBy is the order of columns, all in one direction.
func OrderBy(cols []string, desc bool) string {
	if !desc {
		return strings.Join(cols, ", ")
	}
	return strings.Join(cols, " DESC, ") + " DESC"
}
