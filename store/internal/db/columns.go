package db

import (
	"fmt"
	"slices"
	"strings"
)

// Column is one column of a table, with the place that it has in a row T of the
// program.
type Column[T any] struct {
	Name string
	// Dest is where a scan puts it; nil for a column that is only written.
	Dest func(*T) any
	// Value is what an INSERT writes; nil for a column that is only read, or that
	// is written elsewhere.
	Value func(*T) any
	// As is how an INSERT writes it, with ? for the value; empty for the value
	// itself.
	As string
	// Number marks the number by which rows of members and users are ordered.
	Number bool
}

// Columns are those of a table, in one order for SELECT, INSERT and scan.
type Columns[T any] []Column[T]

// Read lists the columns to read, of the table by this alias. A name that is an
// expression stands as it is.
func (c Columns[T]) Read(alias string) string {
	var names []string
	for _, col := range c {
		switch {
		case col.Dest == nil:
		case alias == "" || strings.ContainsAny(col.Name, ".("):
			names = append(names, col.Name)
		default:
			names = append(names, alias+"."+col.Name)
		}
	}
	return strings.Join(names, ", ")
}

// Dest gives where the columns to read go in a row, and behind them more.
func (c Columns[T]) Dest(row *T, more ...any) []any {
	dest := make([]any, 0, len(c)+len(more))
	for i := range c {
		if c[i].Dest != nil {
			dest = append(dest, c[i].Dest(row))
		}
	}
	return append(dest, more...)
}

// Insert is the statement that writes a row, with the parameters of Values.
func (c Columns[T]) Insert(tx *Tx, table string) string {
	var names, values []string
	n := 0
	for _, col := range c {
		mark := col.As
		if col.Value != nil {
			n++
			param := fmt.Sprintf("$%d", n)
			if mark = strings.Replace(col.As, "?", param, 1); mark == "" {
				mark = param
			}
		}
		switch {
		case mark == "":
			continue
		case col.Number:
			numbers := tx.engine.NumberColumns()
			names = append(names, numbers...)
			for range numbers {
				values = append(values, mark)
			}
		default:
			names, values = append(names, col.Name), append(values, mark)
		}
	}
	return "INSERT INTO " + table + " (" + strings.Join(names, ", ") + ") VALUES (" + strings.Join(values, ", ") + ")"
}

// Values gives the parameters of Insert.
func (c Columns[T]) Values(row *T) []any {
	values := make([]any, 0, len(c))
	for i := range c {
		if c[i].Value != nil {
			values = append(values, c[i].Value(row))
		}
	}
	return values
}

// Update is the statement that writes all columns but id, by which it finds the
// row, with the parameters of Values.
func (c Columns[T]) Update(table string) string {
	var sets []string
	key, n := "", 0
	for _, col := range c {
		if col.Value == nil {
			continue
		}
		n++
		if col.Name == "id" {
			key = fmt.Sprintf("id = $%d", n)
		} else {
			sets = append(sets, fmt.Sprintf("%s = $%d", col.Name, n))
		}
	}
	return "UPDATE " + table + " SET " + strings.Join(sets, ", ") + " WHERE " + key
}

// With has more columns behind these.
func (c Columns[T]) With(more ...Column[T]) Columns[T] { return slices.Concat(c, more) }
