package cli

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"muster/internal/op"
	"muster/internal/output"
)

// jsonFlag is --json, or --json=id,email for these fields only.
type jsonFlag struct{ c *cli }

func (f jsonFlag) String() string {
	if f.c == nil {
		return "false"
	}
	if len(f.c.fields) > 0 {
		return strings.Join(f.c.fields, ",")
	}
	return strconv.FormatBool(f.c.json)
}

// Type has help show it as a switch, which it is without a value.
func (f jsonFlag) Type() string { return "bool" }

func (f jsonFlag) Set(s string) error {
	if on, err := strconv.ParseBool(s); err == nil {
		f.c.json, f.c.fields = on, nil
		return nil
	}
	f.c.json, f.c.fields = true, nil
	for name := range strings.SplitSeq(s, ",") {
		name = strings.TrimSpace(name)
		if name == "" {
			return usage("a field is missing")
		}
		if !slices.Contains(f.c.fields, name) {
			f.c.fields = append(f.c.fields, name)
		}
	}
	return nil
}

func (c *cli) addJSONFlag(flags *pflag.FlagSet) {
	flags.VarPF(jsonFlag{c}, "json", "", "print JSON; with --json=id,email only these fields").NoOptDefVal = "true"
}

// fieldsOf names the fields in the JSON of a type, or of the items of a list;
// nil where the type writes its JSON itself.
func fieldsOf(t reflect.Type) []string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return nil
	}
	if items, ok := listItems(t); ok {
		return fieldsOf(items)
	}
	if t.Implements(reflect.TypeFor[json.Marshaler]()) {
		return nil
	}
	var names []string
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous && name == "" || !f.IsExported() || name == "-" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// listItems gives the type of the items of an op.List.
func listItems(t reflect.Type) (reflect.Type, bool) {
	if t.Kind() != reflect.Struct {
		return nil, false
	}
	items, ok := t.FieldByName("Items")
	if _, next := t.FieldByName("Next"); !ok || !next || items.Type.Kind() != reflect.Slice {
		return nil, false
	}
	return items.Type.Elem(), true
}

// checkFields refuses fields that an answer of this type does not have, before
// anything is done.
func (c *cli) checkFields(out reflect.Type) error { return unknownField(c.fields, fieldsOf(out)) }

// unknownField refuses the first field that is not known. Where none are known,
// the answer decides.
func unknownField(fields, known []string) error {
	for _, name := range fields {
		if len(known) == 0 || slices.Contains(known, name) {
			continue
		}
		e := usage("the answer has no field %q: it has %s", name, strings.Join(known, ", "))
		if near := nearest(name, known); near != "" {
			return e.WithHint("did you mean %q?", near)
		}
		return e
	}
	return nil
}

// writeJSON answers with a value: indented on a terminal, for people to read, and
// with the chosen fields only.
func (c *cli) writeJSON(v any) error {
	v, err := c.withFields(v)
	if err != nil {
		return err
	}
	if c.env.Width > 0 {
		return output.IndentedJSON(c.env.Out, v)
	}
	return output.JSON(c.env.Out, v)
}

func (c *cli) withFields(v any) (any, error) {
	if len(c.fields) == 0 {
		return v, nil
	}
	if several, ok := v.(op.List[result]); ok {
		for i, r := range several.Items {
			if r.err == nil {
				picked, err := pick(c.fields, r.out)
				if err != nil {
					return nil, err
				}
				several.Items[i].out = picked
			}
		}
		return several, nil
	}
	r := reflect.ValueOf(v)
	if r.Kind() == reflect.Struct {
		if _, ok := listItems(r.Type()); ok {
			items := r.FieldByName("Items")
			list := op.List[json.RawMessage]{Items: []json.RawMessage{}, Next: r.FieldByName("Next").String()}
			for i := range items.Len() {
				picked, err := pick(c.fields, items.Index(i).Interface())
				if err != nil {
					return nil, err
				}
				list.Items = append(list.Items, picked)
			}
			return list, nil
		}
	}
	return pick(c.fields, v)
}

// pick gives the JSON of a value with these fields only, in this order. One that
// is left out of this value is null.
func pick(fields []string, v any) (json.RawMessage, error) {
	text, err := output.Marshal(v)
	if err != nil {
		return nil, err
	}
	var all map[string]json.RawMessage
	if err := json.Unmarshal(text, &all); err != nil {
		return nil, usage("this answer has no fields to choose from")
	}
	known := fieldsOf(reflect.TypeOf(v))
	if len(known) == 0 {
		for name := range all {
			known = append(known, name)
		}
		slices.Sort(known)
	}
	if err := unknownField(fields, known); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	for i, name := range fields {
		b.WriteByte("{,"[min(i, 1)])
		b.WriteString(strconv.Quote(name))
		b.WriteByte(':')
		if value, ok := all[name]; ok {
			b.Write(value)
		} else {
			b.WriteString("null")
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
