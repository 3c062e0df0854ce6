package op

import (
	"reflect"
	"sync"

	"muster/models"
)

// Words puts an operation, with what it is to be called with, into the words of
// a door: a command in a shell, another over SSH, a route over HTTP.
type Words func(name, args string) string

// hinted tells which types hold hints, so that answers without any cost nothing.
var hinted sync.Map // reflect.Type -> bool

// wordHints puts the hints of an answer into the words of a door: its fields of
// the names Hint and RequirementHint, at any depth.
func wordHints[Out any](out Out, words Words) Out {
	if words == nil || !hasHints(reflect.TypeFor[Out](), map[reflect.Type]bool{}) {
		return out
	}
	v := reflect.New(reflect.TypeFor[Out]()).Elem()
	v.Set(reflect.ValueOf(&out).Elem())
	word(v, words)
	return v.Interface().(Out)
}

func isHint(f reflect.StructField) bool {
	return f.Type.Kind() == reflect.String && (f.Name == "Hint" || f.Name == "RequirementHint")
}

func hasHints(t reflect.Type, seen map[reflect.Type]bool) (has bool) {
	if known, ok := hinted.Load(t); ok {
		return known.(bool)
	}
	if seen[t] {
		return false
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Slice, reflect.Pointer:
		has = hasHints(t.Elem(), seen)
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			has = has || f.IsExported() && (isHint(f) || hasHints(f.Type, seen))
		}
	}
	hinted.Store(t, has)
	return has
}

func word(v reflect.Value, words Words) {
	switch v.Kind() {
	case reflect.Slice:
		for i := range v.Len() {
			word(v.Index(i), words)
		}
	case reflect.Pointer:
		if !v.IsNil() {
			word(v.Elem(), words)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			switch {
			case !f.IsExported():
			case isHint(f):
				v.Field(i).SetString(models.WordHint(v.Field(i).String(), words))
			default:
				word(v.Field(i), words)
			}
		}
	}
}
