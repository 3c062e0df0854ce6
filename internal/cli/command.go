package cli

import (
	"cmp"
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"muster/internal/op"
	"muster/models"
)

// offered are the operations that are commands for this caller, each with the
// words of its command: those of somebody signed in, or of a login that carries
// a code.
func (c *cli) offered() map[string][]*op.Row {
	door := op.Door("")
	if r := c.env.Remote; r != nil {
		door = op.Door(r.Kind)
	}
	out := map[string][]*op.Row{}
	for _, r := range op.All() {
		if r.Command == "" || r.Door != door {
			continue
		}
		path := r.Command
		if door != "" {
			path = path[strings.LastIndex(path, " ")+1:]
		}
		out[path] = append(out[path], r)
	}
	return out
}

// made gives what makes the commands of the operations, one a noun.
func (c *cli) made() []maker {
	offered := c.offered()
	var out []maker
	for path := range offered {
		noun, _, _ := strings.Cut(path, " ")
		if !slices.ContainsFunc(out, func(m maker) bool { return m.name == noun }) {
			out = append(out, maker{noun, func() *cobra.Command { return c.branch(offered, noun) }})
		}
	}
	return out
}

// branch makes the command with these words, and all below it.
func (c *cli) branch(offered map[string][]*op.Row, path string) *cobra.Command {
	if rows := offered[path]; rows != nil {
		return c.command(path, rows)
	}
	var subs []*cobra.Command
	made := map[string]bool{}
	for other := range offered {
		rest, below := strings.CutPrefix(other, path+" ")
		if next, _, _ := strings.Cut(rest, " "); below && !made[next] {
			made[next] = true
			subs = append(subs, c.branch(offered, path+" "+next))
		}
	}
	i := slices.IndexFunc(op.Nouns(), func(n op.Noun) bool { return n.Command == path })
	noun := op.Nouns()[i]
	g := group(path[strings.LastIndex(path, " ")+1:], noun.Does, subs...)
	g.Long = cmp.Or(noun.Long, g.Long)
	return g
}

// command makes one command from its operation, or from several of which the
// options or words choose one. The last of them explains it.
func (c *cli) command(path string, rows []*op.Row) *cobra.Command {
	r := rows[len(rows)-1]
	cmd := &cobra.Command{
		Use: strings.TrimSpace(path[strings.LastIndex(path, " ")+1:] + " " + cmp.Or(r.Use, usageOf(r))), Short: r.Does, Long: r.Long, Example: r.Example,
		Args: cobra.ArbitraryArgs, Annotations: map[string]string{operation: r.Name},
	}
	if c.env.Remote != nil {
		cmd.Example = cmp.Or(r.Remote, r.Example)
	}
	for _, r := range rows {
		c.optionsOf(cmd, r)
	}
	addAll(cmd, rows)
	cmd.RunE = func(cmd *cobra.Command, words []string) error {
		r, err := chosen(cmd, rows, words)
		if err != nil {
			return err
		}
		return c.operate(cmd, r, words)
	}
	return cmd
}

// operation is the annotation of a command that names its operation.
const operation = "operation"

// usageOf is what follows a command in its usage line: its words, and the
// options it cannot do without.
func usageOf(r *op.Row) string {
	names := wordsOf(r)
	for _, f := range r.Fields {
		if f.Flag != "" && f.Required == "true" {
			names = append(names, "--"+f.Flag+" "+strings.ToUpper(f.Flag))
		}
	}
	return strings.Join(names, " ")
}

// wordsOf names the words that follow a command, with … behind one that may be
// given several times.
func wordsOf(r *op.Row) []string {
	var names []string
	for _, f := range r.Fields {
		if f.Arg == "" || f.Flag != "" {
			continue
		}
		name := f.Arg
		if several(r, f) {
			name += "…"
		}
		names = append(names, name)
	}
	return names
}

func several(r *op.Row, f op.Field) bool {
	return f.Name == r.Many || f.Type.Kind() == reflect.Slice
}

func (c *cli) optionsOf(cmd *cobra.Command, r *op.Row) {
	flags := cmd.Flags()
	for _, f := range r.Fields {
		if f.Flag == "" || flags.Lookup(f.Flag) != nil {
			continue
		}
		kind := f.Type.Kind()
		if kind == reflect.Pointer {
			kind = f.Type.Elem().Kind()
		}
		switch {
		case kind == reflect.Bool:
			flags.Bool(f.Flag, false, f.Help)
		case kind == reflect.Int:
			flags.Int(f.Flag, number(f.Default), f.Help)
		case kind == reflect.Slice && f.Comma:
			flags.StringSlice(f.Flag, nil, f.Help)
		case kind == reflect.Slice:
			flags.StringArray(f.Flag, nil, f.Help)
		default:
			flags.StringP(f.Flag, f.Short, f.Default, f.Help)
		}
	}
	if r.Switch != "" {
		flags.Bool(r.Switch, false, r.SwitchHelp)
	}
	if r.Preview != "" {
		flags.Bool(dryRun, false, "only show a preview")
	}
	switch {
	case r.Confirm != nil && r.Confirm.Word == "":
		flags.Bool(unasked, false, "do it without asking")
	case r.Owner && flags.Lookup(unasked) == nil:
		flags.Bool(unasked, false, "make somebody an owner without asking")
	}
}

// The options by which somebody agrees to a change, or looks at it first.
const (
	dryRun  = "dry-run"
	unasked = "yes"
	agreed  = "confirm"
)

// on tells whether a switch was given.
func on(cmd *cobra.Command, name string) bool {
	f := cmd.Flags().Lookup(name)
	return f != nil && f.Value.String() == "true"
}

// chosen is the operation of a command that the options and words choose.
func chosen(cmd *cobra.Command, rows []*op.Row, words []string) (*op.Row, error) {
	i := slices.IndexFunc(rows, func(r *op.Row) bool {
		return (r.Switch == "" || on(cmd, r.Switch)) && (r.Takes == nil || r.Takes(words))
	})
	r := rows[i]
	for _, other := range slices.Backward(rows) {
		for _, f := range other.Fields {
			has := slices.ContainsFunc(r.Fields, func(own op.Field) bool { return own.Flag == f.Flag })
			if f.Flag != "" && !has && other.Switch != "" && cmd.Flags().Changed(f.Flag) {
				return nil, usage("--%s goes with --%s", f.Flag, other.Switch).
					WithHint("usage: %s --%s --%s …", cmd.CommandPath(), other.Switch, f.Flag)
			}
		}
	}
	return r, nil
}

// fill puts the options and words of a command into the input of its operation.
// several are the words for the input that may be given several times.
func (c *cli) fill(cmd *cobra.Command, r *op.Row, in any, words []string) (many []string, err error) {
	stranger := c.env.Remote != nil && c.env.Remote.Actor.UserID == ""
	for _, f := range r.Fields {
		if f.Flag == "" {
			continue
		}
		if f.Required == "true" || f.Required == "stranger" && stranger {
			if err := need(cmd, f.Flag); err != nil {
				return nil, err
			}
		}
		c.fillOption(cmd, f, in)
		if f.Flag == "limit" && cmd.Flags().Changed("limit") && f.Of(in).Int() == 0 {
			return nil, models.Invalid("limit", "limit must be from 1 to %d", models.MaxLimit) // 0 is none given
		}
	}
	if err := takes(c.takenWords(r)...)(cmd, words); err != nil {
		return nil, err
	}
	left := 0 // words that must stay for the fields behind
	var fields []op.Field
	for _, f := range r.Fields {
		if f.Arg != "" && f.Flag == "" {
			fields = append(fields, f)
			left++
		}
	}
	for _, f := range fields {
		left--
		switch {
		case len(words) == 0:
		case f.Name == r.Many:
			n := len(words) - left
			many, words = words[:n], words[n:]
			f.Set(in, many[0])
		case f.Type.Kind() == reflect.Slice:
			f.Of(in).Set(reflect.ValueOf(words))
		case f.Read != "": // told apart when it is read
			f.Set(in, strings.Join(words, " "))
		default:
			f.Set(in, words[0])
			words = words[1:]
		}
	}
	return many, nil
}

// takenWords is wordsOf with those that are given as several words: a code in
// groups, a public key over SSH.
func (c *cli) takenWords(r *op.Row) []string {
	names := wordsOf(r)
	for _, f := range r.Fields {
		if f.Flag == "" && (f.Read == "code" || f.Read == "key" && c.env.Remote != nil) {
			names[len(names)-1] += "…"
		}
	}
	return names
}

func (c *cli) fillOption(cmd *cobra.Command, f op.Field, in any) {
	flag, v := cmd.Flags().Lookup(f.Flag), f.Of(in)
	if v.Kind() == reflect.Pointer {
		if !flag.Changed {
			return
		}
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	// The types are those that optionsOf gave the flags.
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(flag.Value.String() == "true")
	case reflect.Int:
		v.SetInt(int64(number(flag.Value.String())))
	case reflect.Slice:
		if flag.Changed {
			v.Set(reflect.ValueOf(slices.Clip(append([]string{}, values(cmd, f)...))))
		}
	default:
		v.SetString(flag.Value.String())
	}
}

func values(cmd *cobra.Command, f op.Field) []string {
	read := cmd.Flags().GetStringArray
	if f.Comma {
		read = cmd.Flags().GetStringSlice
	}
	list, err := read(f.Flag)
	if err != nil { // a flag of another type, which optionsOf does not make
		return nil
	}
	return list
}

// operate runs one operation for a command line.
func (c *cli) operate(cmd *cobra.Command, r *op.Row, words []string) error {
	if stream := r.Out == reflect.TypeFor[op.Stream](); stream && c.env.Remote != nil && c.env.Remote.JSON {
		c.json = false
	} else if stream && c.json {
		return usage("this command has its own output formats").WithHint("leave out --json; --format chooses the format")
	}
	if r.Out == reflect.TypeFor[op.Events]() {
		c.json = false // each event is JSON, and there is no end of them
	}
	if err := c.checkFields(r.Out); err != nil {
		return err
	}
	in := r.New()
	many, err := c.fill(cmd, r, in, words)
	if err != nil {
		return err
	}
	return c.operateOn(cmd, r, in, many)
}

// operateOn is operate with an input. many are the words of the one that may be
// given several times.
func (c *cli) operateOn(cmd *cobra.Command, r *op.Row, in any, many []string) error {
	ctx := cmd.Context()
	c.words, c.yes = cmd.Flags().Args(), on(cmd, unasked)
	if r.Changes {
		c.attempted = r.Audit
	}
	if err := r.Check(in); err != nil {
		if e := models.AsError(err); e.Code == models.CodeUsage && e.Hint == "" {
			return e.WithHint("usage: %s", useLine(cmd))
		}
		return err
	}
	if err := c.mayAsk(cmd, r); err != nil {
		return err
	}
	if err := c.read(r, in); err != nil {
		return err
	}
	if len(many) > 0 {
		return c.each(cmd, r, in, many)
	}
	if err := c.resolve(ctx, r, in); err != nil {
		return err
	}
	if on(cmd, dryRun) {
		r = op.Find(r.Preview)
	} else if err := c.agree(ctx, cmd, r, in); err != nil {
		return err
	}
	out, err := c.callPages(ctx, cmd, r, in)
	err = c.meant(r, in, err)
	part, failed := op.PartOf(err)
	if err != nil && !failed {
		return err
	}
	w := wordsFor(r.Name)
	if err := c.emit(c.named(r, out), func() error { return c.shown(r, out) }); err != nil {
		return err
	}
	if w.after != nil && (part == nil || part.Shown) {
		w.after(ctx, c, []any{out})
	}
	switch {
	case part != nil && part.Shown:
		return &shownError{part.Err}
	case part != nil:
		return part.Err
	case w.verdict != nil:
		return w.verdict(c, out)
	}
	return nil
}

// call runs the handler of an operation.
func (c *cli) call(ctx context.Context, r *op.Row, in any) (any, error) {
	s, a, err := c.signedIn(ctx)
	if err != nil {
		return nil, err
	}
	site, err := c.site()
	if err != nil {
		return nil, err
	}
	d := op.Deps{Store: s, Now: c.env.Now, Site: site.Site, Progress: c.progress(r), Words: c.doorWords}
	if c.env.Remote != nil {
		d.Key = c.env.Remote.Key
	}
	if c.yes && r.Owner {
		a.OwnerConfirmed = true
	}
	out, err := r.Run(ctx, d, a, in)
	if !errors.Is(err, models.MakesOwner{}) {
		return out, err
	}
	// Every other rule lets it through.
	e := models.AsError(err)
	if !c.canAsk() {
		return nil, e.WithHint("add --yes to go ahead")
	}
	if err := c.confirm(e.Message + ", who may then do everything there. Go ahead?"); err != nil {
		return nil, err
	}
	a.OwnerConfirmed = true
	return r.Run(ctx, d, a, in)
}
