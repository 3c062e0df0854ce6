package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"reflect"

	"muster/internal/op"
	"muster/models"
)

// value is one value of a body.
type value struct{ v any }

// object reads a body that has to be a JSON object. None is an empty one.
func object(body []byte) (map[string]value, error) {
	if len(body) == 0 {
		return nil, nil
	}
	var all map[string]any
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	if err := d.Decode(&all); err != nil || all == nil {
		return nil, models.Errorf(models.CodeUsage, "the body must be a JSON object")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, models.Errorf(models.CodeUsage, "the body must be one JSON object and nothing after it")
	}
	fields := make(map[string]value, len(all))
	for name, v := range all {
		fields[name] = value{v}
	}
	return fields, nil
}

// into puts the value into a field. null is as if it were left out.
func (j value) into(f op.Field, in any) error {
	v := f.Of(in)
	if j.v == nil {
		byDefault(f, in)
		return nil
	}
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.String:
		s, ok := j.v.(string)
		if !ok {
			return models.Invalid(f.Body, "%s must be a text", f.Body)
		}
		v.SetString(s)
	case reflect.Bool:
		b, ok := j.v.(bool)
		if !ok {
			return models.Invalid(f.Body, "%s must be true or false", f.Body)
		}
		v.SetBool(b)
	case reflect.Int:
		n, ok := j.v.(json.Number)
		i, err := n.Int64()
		if !ok || err != nil || i > math.MaxInt32 || i < math.MinInt32 {
			return models.Invalid(f.Body, "%s must be a whole number", f.Body)
		}
		v.SetInt(i)
	case reflect.Slice:
		list, ok := j.v.([]any)
		texts := make([]string, len(list))
		for i := range list {
			var isText bool
			if texts[i], isText = list[i].(string); !isText {
				ok = false
			}
		}
		if !ok {
			return models.Invalid(f.Body, "%s must be a list of texts", f.Body)
		}
		v.Set(reflect.ValueOf(texts))
	}
	return nil
}
