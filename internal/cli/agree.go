package cli

import (
	"bufio"
	"context"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"muster/internal/op"
	"muster/internal/output"
)

// mayAsk refuses an operation that would have to ask where nobody sits.
func (c *cli) mayAsk(cmd *cobra.Command, r *op.Row) error {
	if r.Confirm == nil || c.canAsk() || c.agreed(cmd, r) || on(cmd, dryRun) {
		return nil
	}
	why := "there is no terminal to ask on"
	if c.env.Terminal {
		why = "it cannot ask with --json"
	}
	hint, show := "add --yes to go ahead", ", or --dry-run to see the consequences"
	e := usage("%s asks for confirmation, and %s", cmd.CommandPath(), why)
	if r.Confirm.Word != "" {
		e = usage("%s asks for %s, and %s", cmd.CommandPath(), r.Confirm.Word, why)
		hint, show = "give it with --"+agreed, ", or add --dry-run to see the consequences"
	}
	if r.Preview != "" {
		hint += show
	}
	return e.WithHint("%s", hint)
}

// canAsk tells whether a person can be asked: with --json, what is written beside
// the answer is for a program as well.
func (c *cli) canAsk() bool { return c.env.Terminal && !c.json }

// agreed tells whether the command line itself agrees to a change.
func (c *cli) agreed(cmd *cobra.Command, r *op.Row) bool {
	if r.Confirm.Word != "" {
		return cmd.Flags().Changed(agreed)
	}
	return on(cmd, unasked)
}

// agree shows what a change would bring and asks, where the operation wants
// that and the command line does not agree already. What was shown is what the
// input then names.
func (c *cli) agree(ctx context.Context, cmd *cobra.Command, r *op.Row, in any) error {
	if r.Confirm == nil || c.agreed(cmd, r) {
		return nil
	}
	shown, err := c.preview(ctx, r, in)
	if err != nil {
		return err
	}
	question := wordsFor(r.Name).ask(c, shown)
	if r.Confirm.Word == "" {
		return c.confirm(question)
	}
	typed, err := c.ask(question)
	if err != nil {
		return err
	}
	if typed == "" {
		return notConfirmed()
	}
	field, _ := r.Field("Confirm")
	field.Set(in, typed)
	return nil
}

// agreeToAll is agree for a change of several things, which is one question.
func (c *cli) agreeToAll(ctx context.Context, cmd *cobra.Command, r *op.Row, each []one) error {
	if r.Confirm == nil || c.agreed(cmd, r) {
		return nil
	}
	var shown any
	n := 0
	for i := range each {
		if each[i].err != nil {
			continue
		}
		c.here = each[i].here
		v, err := c.preview(ctx, r, each[i].in)
		if each[i].err = err; err == nil {
			shown = v
			n++
		}
	}
	switch {
	case n == 0: // the answer says why
		return nil
	case n == 1:
		return c.confirm(wordsFor(r.Name).ask(c, shown))
	}
	return c.confirm("go ahead with all " + strconv.Itoa(n) + "?")
}

// preview shows what an operation would bring, and has the input name just that.
func (c *cli) preview(ctx context.Context, r *op.Row, in any) (shown any, err error) {
	if r.Preview == "" {
		return nil, nil
	}
	preview := op.Find(r.Preview)
	if shown, err = c.call(ctx, preview, in); err != nil {
		return nil, err
	}
	c.out = c.env.Err
	err = wordsFor(preview.Name).show(c, shown)
	c.out = c.env.Out
	if err == nil && r.Confirm.Pin != nil {
		r.Confirm.Pin(in, shown)
	}
	return shown, err
}

func notConfirmed() error { return usage("not confirmed; nothing was changed") }

// ask asks for a line on the terminal.
func (c *cli) ask(question string) (string, error) {
	if _, err := io.WriteString(c.env.Err, output.Safe(question)+" "); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(io.LimitReader(c.env.In, maxAnswer)).ReadString('\n')
	switch {
	case err == io.EOF: // whoever left in the midst of a line has not answered
		return "", nil
	case err != nil:
		return "", err
	}
	return strings.TrimSpace(line), nil
}

// maxAnswer is longer than any address or name.
const maxAnswer = 1000

// confirm asks on the terminal. Anything but a yes is a refusal.
func (c *cli) confirm(question string) error {
	line, err := c.ask(question + " [y/N]")
	if err != nil {
		return err
	}
	switch strings.ToLower(line) {
	case "y", "yes":
		return nil
	}
	return notConfirmed()
}
