package plain

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"muster/internal/op"
	"muster/models"
)

// errCancelled ends a form by the person's wish.
var errCancelled = errors.New("cancelled")

// unasked are inputs that no form asks for: pages, what agreeing asks for, and
// what only makes sense in a script.
var unasked = []string{"Limit", "After", "Confirm", "If", "Force", "Light"}

// listedBy are the operations that list what a field can be, by how a shell
// completes it.
var listedBy = map[string]string{
	"role": "role.list", "workspace": "workspace.list", "plan": "plan.list", "member": "member.list",
	"org": "organization.list", "user": "user.list",
}

// form asks what an operation needs beside what is given, runs it and shows the
// answer. What is wrong is asked anew, with what was typed as the default. It
// gives nil where nothing came about.
func (s *Session) form(ctx context.Context, as models.Actor, r *op.Row, in any, given map[string]bool, item any) (any, error) {
	var fields []op.Field
	for _, f := range r.Fields {
		if f.From == "" && !given[f.Name] && !slices.Contains(unasked, f.Name) {
			fields = append(fields, f)
		}
	}
	if len(fields) > 0 {
		if err := s.Say(intro(r, fields, item)); err != nil {
			return nil, err
		}
	}
	ask, before := fields, item
	for {
		err := s.questions(ctx, ask, in, before)
		if errors.Is(err, errCancelled) {
			return nil, s.Say("Cancelled, nothing was changed.")
		}
		if err != nil {
			return nil, err
		}
		out, err := s.Do(ctx, as, r, in)
		if _, part := op.PartOf(err); err == nil || part {
			return out, s.answered(ctx, r, out, err)
		}
		if len(fields) == 0 || !retryable(err) {
			return nil, s.failed(err)
		}
		if err := s.Fail(err); err != nil {
			return nil, err
		}
		before, ask = in, wrong(fields, models.AsError(err).Field)
	}
}

// intro says what a form is for, and how its questions are answered.
func intro(r *op.Row, fields []op.Field, item any) string {
	keeps := slices.ContainsFunc(fields, func(f op.Field) bool { return f.Type.Kind() == reflect.Pointer && shown(item, f) != "" })
	if keeps {
		return sentence(r.Does) + ". Empty keeps the value in brackets, - clears it, ! cancels."
	}
	return sentence(r.Does) + ". ! cancels."
}

// answered shows what came of an operation, and what of it failed.
func (s *Session) answered(ctx context.Context, r *op.Row, out any, failed error) error {
	s.changed = s.changed || r.Changes
	if failed != nil {
		if err := s.Fail(failed); err != nil {
			return err
		}
	}
	return s.Show(ctx, r, out, 0)
}

// retryable tells whether other answers could help.
func retryable(err error) bool {
	switch models.CodeOf(err) {
	case models.CodeInvalid, models.CodeUsage, models.CodeConflict, models.CodeNotFound:
		return true
	}
	return false
}

// wrong are the fields to ask anew: the one that the error names, else all.
func wrong(fields []op.Field, name string) []op.Field {
	for _, f := range fields {
		if name != "" && slices.Contains([]string{f.Body, f.Query, f.Path, f.Flag}, name) {
			return []op.Field{f}
		}
	}
	return fields
}

// questions asks for fields, with what stands in before as defaults.
func (s *Session) questions(ctx context.Context, fields []op.Field, in, before any) error {
	for _, f := range fields {
		for {
			ok, err := s.question(ctx, f, in, before)
			if err != nil {
				return err
			}
			if ok {
				break
			}
		}
	}
	return nil
}

// question asks for one field. ok says that the answer will do.
func (s *Session) question(ctx context.Context, f op.Field, in, before any) (ok bool, err error) {
	if f.Read == "list" {
		return s.lines(f, in)
	}
	now := shown(before, f)
	if now == "" {
		now = f.Default
	}
	line, err := s.Ask(s.wording(f, now))
	if err != nil {
		return false, err
	}
	answer := strings.TrimSpace(line)
	if f.Read == "key" && strings.HasPrefix(answer, "-----BEGIN") {
		if answer, err = s.armour(answer); err != nil {
			return false, err
		}
	}
	optional := f.Type.Kind() == reflect.Pointer
	switch {
	case answer == "!":
		return false, errCancelled
	case answer == "?" && listedBy[f.Complete] != "":
		return false, s.choices(ctx, listedBy[f.Complete])
	case answer == "" && optional && !typed(before, f):
		return true, nil // it stays
	case answer == "":
		answer = now
	case answer == "-":
		answer = ""
	}
	if answer == "" && needed(f) {
		return false, s.Say("This is required; ! cancels.")
	}
	if f.Read == "code" || f.Name == "Code" && f.Flag == "code" && strings.Contains(f.Help, "factor") {
		answer = models.NormFactorCode(answer)
	}
	if problem := fill(f, in, answer); problem != "" {
		return false, s.Say(problem)
	}
	return true, nil
}

// armour takes the rest of a signature, up to its last line.
func (s *Session) armour(text string) (string, error) {
	for len(text) < maxArmour {
		line, err := s.Ask("")
		if err != nil {
			return "", err
		}
		text += "\n" + line
		if strings.HasPrefix(line, "-----END") {
			break
		}
	}
	return text, nil
}

// maxArmour is more than any signature has.
const maxArmour = 64 << 10

// needed tells whether a field cannot stay empty.
func needed(f op.Field) bool {
	return f.Required != "" || f.Arg != "" && !strings.HasPrefix(f.Arg, "[") || f.Read == "code"
}

// wording is the question for a field.
func (s *Session) wording(f op.Field, now string) string {
	name := f.Flag
	if name == "" {
		name = strings.ToLower(strings.Trim(f.Arg, "[]"))
	}
	help := f.Help
	if f.Read == "key" {
		name, help = "public key", "one line of a .pub file, or a signature by the key"
	}
	if listedBy[f.Complete] != "" {
		help = strings.TrimPrefix(help+"; ? lists them", "; ")
	}
	q := sentence(strings.ReplaceAll(name, "-", " "))
	if help != "" {
		q += ", " + help
	}
	if kind(f) == reflect.Bool && now == "" {
		now = "no"
	}
	if now != "" {
		q += " [" + now + "]"
	}
	return q + ": "
}

// choices lists what a field can be.
func (s *Session) choices(ctx context.Context, operation string) error {
	r := op.Find(operation)
	out, err := s.do(ctx, r, r.New())
	if err != nil {
		return s.failed(err)
	}
	return s.Show(ctx, r, out, 0)
}

// lines asks for a text of several lines.
func (s *Session) lines(f op.Field, in any) (ok bool, err error) {
	if err := s.Say("The list, one person per line, as address or CSV. An empty line ends it, ! cancels."); err != nil {
		return false, err
	}
	var list strings.Builder
	for list.Len() <= models.MaxImportBytes {
		line, err := s.Ask("")
		switch {
		case err != nil:
			return false, err
		case strings.TrimSpace(line) == "!":
			return false, errCancelled
		case strings.TrimSpace(line) == "":
			f.Set(in, list.String())
			return list.Len() > 0, nil
		}
		list.WriteString(line + "\n")
	}
	return false, s.Say("That is too long.")
}

func kind(f op.Field) reflect.Kind {
	if f.Type.Kind() == reflect.Pointer {
		return f.Type.Elem().Kind()
	}
	return f.Type.Kind()
}

// fill puts an answer into a field, or says what it has to be.
func fill(f op.Field, in any, answer string) (problem string) {
	v := f.Of(in)
	if f.Complete == "filter" { // a comma stands inside of it
		v.Set(reflect.ValueOf([]string{answer}))
		return ""
	}
	if v.Kind() == reflect.Pointer {
		if answer == "" && kind(f) != reflect.String {
			return ""
		}
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.Bool:
		switch strings.ToLower(answer) {
		case "y", "yes", "true", "on":
			v.SetBool(true)
		case "", "n", "no", "false", "off":
			v.SetBool(false)
		default:
			return "Answer yes or no."
		}
	case reflect.Int:
		n, err := strconv.Atoi(answer)
		if err != nil && answer != "" {
			return "A number is needed."
		}
		v.SetInt(int64(n))
	case reflect.Slice:
		var words []string
		for word := range strings.SplitSeq(answer, ",") {
			if word = strings.TrimSpace(word); word != "" {
				words = append(words, word)
			}
		}
		v.Set(reflect.ValueOf(words))
	default:
		v.SetString(answer)
	}
	return ""
}

// typed tells that a value is an answer of the person to the same question,
// which an empty line then keeps.
func typed(before any, f op.Field) bool {
	v := reflect.ValueOf(before)
	return v.Kind() == reflect.Pointer && v.Elem().Type().NumField() > 0 && v.Elem().FieldByName(f.Name).IsValid() &&
		v.Elem().FieldByName(f.Name).Kind() == reflect.Pointer && !v.Elem().FieldByName(f.Name).IsNil()
}

// shown is what a field is now, as text: of the row that is changed, or as it
// was typed before.
func shown(before any, f op.Field) string {
	if before == nil {
		return ""
	}
	if f.Name == "Role" {
		if g, ok := before.(interface{ Given() models.AnyRole }); ok {
			return g.Given().Label()
		}
		if given := text(before, "Given"); given != "" {
			return given
		}
	}
	name := f.Name
	if name == "Permissions" && get(before, name) == nil {
		name = "Grants" // as a role has them
	}
	v := reflect.ValueOf(get(before, name))
	if v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.String:
		return v.String()
	case reflect.Bool:
		switch {
		case kind(f) == reflect.String && v.Bool(): // a switch that is told apart from none given
			return "on"
		case kind(f) == reflect.String:
			return "off"
		case v.Bool():
			return "yes"
		}
	case reflect.Int:
		if v.Int() != 0 {
			return strconv.FormatInt(v.Int(), 10)
		}
	case reflect.Slice:
		words := []string{}
		for i := range v.Len() {
			if v.Index(i).Kind() == reflect.String {
				words = append(words, v.Index(i).String())
			}
		}
		return strings.Join(words, ",")
	}
	return ""
}

// sentence begins with a capital letter, and leaves out the remark that help
// adds.
func sentence(text string) string {
	text, _, _ = strings.Cut(text, ";")
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
