package cli

import (
	"bufio"
	"context"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"muster/internal/op"
	"muster/internal/output"
)

// mayAsk refuses an operation that would have to ask where nobody sits.
func (c *cli) mayAsk(cmd *cobra.Command, r *op.Row) error {
	if r.Confirm == nil || r.Confirm.Unattended || c.env.Terminal || c.agreed(cmd, r) || on(cmd, dryRun) {
		return nil
	}
	hint, show := "add --yes to go ahead", ", or --dry-run to see the consequences"
	e := usage("%s asks before it acts, and there is no terminal to ask on", cmd.CommandPath())
	if r.Confirm.Word != "" {
		e = usage("%s asks for %s, and there is no terminal to ask on", cmd.CommandPath(), r.Confirm.Word)
		hint, show = "give it with --"+agreed, ", or add --dry-run to see the consequences"
	}
	if r.Preview != "" {
		hint += show
	}
	return e.WithHint("%s", hint)
}

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
	if r.Confirm == nil || c.agreed(cmd, r) || r.Confirm.Unattended && !c.env.Terminal {
		return nil
	}
	var shown any
	if r.Preview != "" {
		preview := op.Find(r.Preview)
		var err error
		if shown, err = c.call(ctx, preview, in); err != nil {
			return err
		}
		c.out = c.env.Err
		err = wordsFor(preview.Name).show(c, shown)
		if c.out = c.env.Out; err != nil {
			return err
		}
		if r.Confirm.Pin != nil {
			r.Confirm.Pin(in, shown)
		}
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

func notConfirmed() error { return usage("not confirmed, nothing was done") }

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
