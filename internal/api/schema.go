package api

import (
	"encoding/json"
	"reflect"
	"strings"
	"time"
	"unicode"
)

// schemas are the types of answers, each once and by a name of its own.
type schemas struct {
	all   dict
	names map[reflect.Type]string
}

func newSchemas() *schemas { return &schemas{all: dict{}, names: map[reflect.Type]string{}} }

// of is the schema of a type as encoding/json writes it.
func (s *schemas) of(t reflect.Type) dict {
	switch {
	case t == reflect.TypeFor[time.Time]():
		return dict{"type": "string", "format": "date-time"}
	case t == reflect.TypeFor[json.RawMessage]():
		return dict{}
	case t.Kind() == reflect.Pointer:
		return nullable(s.of(t.Elem()))
	case t.Implements(reflect.TypeFor[json.Marshaler]()), reflect.PointerTo(t).Implements(reflect.TypeFor[json.Marshaler]()):
		return dict{"type": "object"} // in a form that depends on what it holds
	}
	switch t.Kind() {
	case reflect.Bool:
		return dict{"type": "boolean"}
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint64:
		return dict{"type": "integer"}
	case reflect.Float64:
		return dict{"type": "number"}
	case reflect.String:
		return dict{"type": "string"}
	case reflect.Slice, reflect.Array:
		return dict{"type": "array", "items": s.of(t.Elem())}
	case reflect.Map:
		return dict{"type": "object", "additionalProperties": s.of(t.Elem())}
	case reflect.Struct:
		return s.named(t)
	}
	return dict{}
}

// nullable is a schema that null fits as well.
func nullable(d dict) dict {
	if kind, ok := d["type"].(string); ok {
		d["type"] = []string{kind, "null"}
		return d
	}
	if len(d) == 0 {
		return d
	}
	return dict{"anyOf": []any{d, dict{"type": "null"}}}
}

func (s *schemas) named(t reflect.Type) dict {
	if name, ok := s.names[t]; ok {
		return ref(name)
	}
	name := nameOf(t)
	if _, taken := s.all[name]; taken {
		pkg := t.PkgPath()[strings.LastIndex(t.PkgPath(), "/")+1:]
		name = string(unicode.ToUpper(rune(pkg[0]))) + pkg[1:] + name
	}
	s.names[t] = name
	s.all[name] = dict{} // for those that hold themselves
	s.all[name] = s.structure(t)
	return ref(name)
}

// nameOf is the name of a type; that of a list is of what is in it.
func nameOf(t reflect.Type) string {
	name, inner, generic := strings.Cut(t.Name(), "[")
	if generic {
		inner = strings.TrimSuffix(inner, "]")
		name = inner[strings.LastIndex(inner, ".")+1:] + name
	}
	return string(unicode.ToUpper(rune(name[0]))) + name[1:]
}

// fields are those that encoding/json writes, by their names there.
func fields(t reflect.Type) map[string]reflect.StructField {
	out := map[string]reflect.StructField{}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || name == "-" || f.Anonymous && name == "" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		if other, ok := out[name]; ok && len(other.Index) <= len(f.Index) {
			continue
		}
		out[name] = f
	}
	return out
}

func (s *schemas) has(t reflect.Type, name string) bool {
	if t.Kind() != reflect.Struct || t.Implements(reflect.TypeFor[json.Marshaler]()) {
		return false
	}
	_, ok := fields(t)[name]
	return ok
}

func (s *schemas) structure(t reflect.Type) dict {
	properties := dict{}
	var always []string
	all := fields(t)
	for _, name := range sortedKeys(all) {
		f := all[name]
		properties[name] = s.of(f.Type)
		if f.Type.Kind() == reflect.Slice && name != "items" { // one that nothing was put into is null
			properties[name] = nullable(s.of(f.Type))
		}
		if !strings.Contains(f.Tag.Get("json"), ",omit") {
			always = append(always, name)
		}
	}
	d := dict{"type": "object", "properties": properties}
	if len(always) > 0 {
		d["required"] = always
	}
	return d
}
