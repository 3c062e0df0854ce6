package cli

import (
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"muster/internal/config"
	"muster/internal/op"
	"muster/models"
)

// otherNames are what other programs call commands, and what they are here.
var otherNames = map[string][]string{
	"ls": {"list"}, "rm": {"remove", "delete", "revoke"}, "del": {"delete", "remove"}, "delete": {"remove", "revoke"}, "remove": {"delete", "revoke"},
	"new": {"create", "add"}, "add": {"create"}, "create": {"add"}, "get": {"show", "list"}, "view": {"show"}, "info": {"show"}, "describe": {"show"},
	"edit": {"update", "set"}, "set": {"update"}, "update": {"set"}, "accept": {"approve"}, "deny": {"reject"}, "organization": {"org"}, "invitation": {"invite"},
	"space": {"workspace"}, "2fa": {"two-factor"}, "mfa": {"two-factor"}, "totp": {"two-factor"}, "log": {"audit"}, "unsuspend": {"reactivate"}, "use": {"switch"},
}

// nearest is what somebody most likely meant by a word, "" for no idea.
func nearest(word string, known []string) string {
	word = strings.ToLower(word)
	if word == "" || slices.Contains(known, word) {
		return ""
	}
	for _, single := range []string{word, strings.TrimSuffix(word, "s")} {
		for _, name := range otherNames[single] {
			if slices.Contains(known, name) {
				return name
			}
		}
	}
	var begin []string
	for _, name := range known {
		if strings.HasPrefix(name, word) {
			begin = append(begin, name)
		}
	}
	if len(begin) == 1 {
		return begin[0]
	}
	if len(word) < 3 { // everything short is near
		return ""
	}
	return config.Nearest(word, known)
}

// subcommands names the commands below one.
func subcommands(cmd *cobra.Command) (names []string) {
	for _, sub := range cmd.Commands() {
		if !sub.Hidden {
			names = append(names, sub.Name())
		}
	}
	return names
}

// flagError is the error for options that cannot be parsed.
func (c *cli) flagError(cmd *cobra.Command, err error) error {
	var missing *pflag.NotExistError
	if errors.As(err, &missing) && missing.GetSpecifiedShortnames() == "" {
		var known []string
		add := func(f *pflag.Flag) {
			if !f.Hidden {
				known = append(known, f.Name)
			}
		}
		cmd.Flags().VisitAll(add)
		cmd.InheritedFlags().VisitAll(add)
		if near := nearest(missing.GetSpecifiedName(), known); near != "" {
			return usage("unknown flag: --%s", missing.GetSpecifiedName()).WithHint("did you mean --%s?", near)
		}
	}
	// pflag ends its messages with Go's words for a failed conversion.
	msg, _, _ := strings.Cut(err.Error(), ": strconv.")
	return usage("%s", msg).WithHint("`%s` shows the options", helpFor(cmd))
}

// meant adds to a refused value which of the possible ones was meant.
func (c *cli) meant(r *op.Row, in any, err error) error {
	e := models.AsError(err)
	if e == nil || e.Code != models.CodeInvalid && e.Code != models.CodeNotFound || e.Hint != "" {
		return err
	}
	for _, f := range r.Fields {
		if e.Field == "" || e.Field != f.Flag && e.Field != f.Body && e.Field != f.Path && e.Field != f.Query {
			continue
		}
		known := fixedChoices(f.Complete)
		for _, word := range typedValues(f, in) {
			if near := nearest(strings.TrimPrefix(word, "-"), known); near != "" && !slices.Contains(known, strings.ToLower(word)) {
				return e.WithHint("did you mean %q?", near)
			}
		}
	}
	return err
}

// typedValues are the texts that a field got.
func typedValues(f op.Field, in any) []string {
	switch v := f.Of(in).Interface().(type) {
	case string:
		return []string{v}
	case *string:
		if v != nil {
			return []string{*v}
		}
	case []string:
		return v
	}
	return nil
}
