package plain

import (
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"muster/internal/op"
)

// Inputs and answers are known here by the names of their fields only, so that
// one table of actions fits all operations.

// values are fields of an input by their names.
type values map[string]any

// put sets fields of an input by their names. What an input does not have is
// left out: the values of a pane are for all of its operations.
func put(in any, set values) {
	v := reflect.ValueOf(in).Elem()
	for name, x := range set {
		f := v.FieldByName(name)
		if !f.IsValid() || x == nil {
			continue
		}
		val := reflect.ValueOf(x)
		if f.Kind() == reflect.Pointer && val.Kind() != reflect.Pointer {
			f.Set(reflect.New(f.Type().Elem()))
			f = f.Elem()
		}
		f.Set(val.Convert(f.Type()))
	}
}

// get gives a field of an answer by its name, nil if it has none.
func get(item any, name string) any {
	v := reflect.ValueOf(item)
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct || name == "" {
		return nil
	}
	f := v.FieldByName(name)
	if !f.IsValid() {
		return nil
	}
	if f.Kind() == reflect.String {
		return f.String()
	}
	return f.Interface()
}

// text is get for a text.
func text(item any, name string) string {
	switch v := get(item, name).(type) {
	case nil:
		return ""
	case time.Time:
		return v.UTC().Format("2006-01-02 15:04:05 MST")
	case json.RawMessage:
		return string(v)
	default:
		return fmt.Sprint(v)
	}
}

func clone(r *op.Row, in any) any {
	v := reflect.New(r.In)
	v.Elem().Set(reflect.ValueOf(in).Elem())
	return v.Interface()
}

// itemsOf gives the rows of an answer; list says that it has some.
func itemsOf(out any) (items []any, list bool) {
	v := reflect.ValueOf(out)
	if v.Kind() != reflect.Struct {
		return nil, false
	}
	f := v.FieldByName("Items")
	if !f.IsValid() || f.Kind() != reflect.Slice || !v.FieldByName("Next").IsValid() {
		return nil, false
	}
	items = []any{}
	for i := range f.Len() {
		items = append(items, f.Index(i).Interface())
	}
	return items, true
}
