// Package cli is the command tree: the commands made from the table of
// operations, and those that only make sense on the machine of the database.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"muster/models"
	"muster/store"
)

// cli is one run of the command tree.
type cli struct {
	env     Env
	json    bool
	fields  []string    // of the JSON; empty for all
	org, as string      // options; empty where they were not given
	plain   bool        // --plain was given
	pane    string      // where the app begins; empty for its first pane
	serves  bool        // this run is a server itself
	broken  func(error) // hears that the disk failed under a server

	words []string            // that follow the command
	yes   bool                // --yes was given
	here  models.Organization // the one that the operation is in
	where string              // its code, or what else the answer is about
	// attempted is what a change will be in the audit log, for the entry of a
	// refusal on the way to it; "" for what only reads.
	attempted string
	out       io.Writer // where answers go
	lines     *inLines  // how answers look in plain mode; nil elsewhere

	flags  *pflag.FlagSet // of the command that runs
	inst   *installation  // read once
	log    *slog.Logger
	opened *store.Store  // by this run, for it to close
	who    *models.Actor // found once
}

// Run runs one command line and gives its exit status: 0, or that of the code
// of the error (models.Code.ExitStatus).
func Run(ctx context.Context, env Env) int {
	var out *stdout
	if env.Remote == nil {
		out = &stdout{Writer: env.Out}
		env.Out = out
	}
	c := &cli{env: env, out: env.Out, log: slog.New(slog.DiscardHandler)}
	if env.Remote != nil {
		c.log, c.json = env.Remote.Log, env.Remote.JSON
	}
	root := c.root()
	root.SetArgs(slices.Clip(append([]string{}, env.Args...)))
	root.SetIn(env.In)
	root.SetOut(env.Out)
	root.SetErr(env.Err)
	err := c.lost(out, c.execute(ctx, root))
	if c.opened != nil {
		err = errors.Join(err, c.opened.Close())
	}
	if env.Remote != nil && err != nil && clientLeft(ctx, err) {
		c.log.Debug("the client disconnected before the answer", "error", err)
		return models.CodeGone.ExitStatus()
	}
	return c.fail(err)
}

// clientLeft tells whether an error over SSH means that nobody is there any
// more, or that the server ended the session and says so itself: no fault, and
// no reader for a word about it.
func clientLeft(ctx context.Context, err error) bool {
	unwritten := errors.Is(err, io.EOF) || errors.Is(err, io.ErrClosedPipe) || errors.Is(err, net.ErrClosed)
	return errors.Is(ctx.Err(), context.Canceled) || unwritten && models.CodeOf(err) == models.CodeInternal
}

// execute turns a panic into an error, since nobody is to read a stack trace.
func (c *cli) execute(ctx context.Context, root *cobra.Command) (err error) {
	defer func() {
		if r := recover(); r != nil {
			c.log.Error("panic in a command", "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	if describe, ok := wantsCompletion(c.env.Args); ok {
		return c.completeLine(ctx, root, describe)
	}
	return root.ExecuteContext(ctx)
}

// fail shows the error and gives its exit status.
func (c *cli) fail(err error) int {
	if err == nil {
		return 0
	}
	e := models.AsError(err).Worded(c.doorWords)
	c.env.Remote.told(e)
	var told *toldError
	if errors.As(err, &told) {
		return e.Code.ExitStatus()
	}
	var seen *shownError
	if errors.As(err, &seen) && !c.wantsJSON() {
		return e.Code.ExitStatus()
	}
	// Nothing is left to do when standard error itself is gone.
	_ = c.errPrinter().Error(e, c.wantsJSON())
	if e.Code == models.CodeInternal && e.Err != nil {
		c.log.Error("command failed", "error", e.Err)
		if c.env.Remote == nil && !c.wantsJSON() {
			// Whoever sits at the database may see what others find in the log.
			_ = sayTo(c.env.Err, "muster: detail: %v", e.Err)
		}
	}
	return e.Code.ExitStatus()
}

// toldError is an answer that decides the exit status and was given on standard
// output, in words or as JSON.
type toldError struct{ error }

func (e *toldError) Unwrap() error { return e.error }

// shownError is an error of one row of several that the reader has seen beside
// its row.
type shownError struct{ error }

func (e *shownError) Unwrap() error { return e.error }

// wantsJSON tells whether errors are JSON. It reads the words themselves too,
// since a line that cannot be parsed sets no flag.
func (c *cli) wantsJSON() bool {
	if c.json || c.env.Remote != nil && c.env.Remote.JSON {
		return true
	}
	for _, a := range c.env.Args {
		if a == "--" {
			return false
		}
		if a == "--json" || strings.HasPrefix(a, "--json=") && a != "--json=false" {
			return true
		}
	}
	return false
}

func usage(format string, args ...any) *models.Error {
	return models.Errorf(models.CodeUsage, format, args...)
}

// action makes the function cobra wants from one that takes a context.
func action(f func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error { return f(cmd.Context(), args) }
}

// group is a noun: a command that only holds others.
func group(use, short string, subs ...*cobra.Command) *cobra.Command {
	g := &cobra.Command{Use: use, Short: short, Long: strings.ToUpper(short[:1]) + short[1:] + ".",
		Args: cobra.ArbitraryArgs, RunE: missingVerb}
	g.AddCommand(subs...)
	return g
}

// missingVerb refuses a noun without a command, or with one it does not have.
func missingVerb(cmd *cobra.Command, args []string) error {
	names := subcommands(cmd)
	if len(args) == 0 {
		return usage("%q needs a command: %s", cmd.Name(), strings.Join(names, ", ")).
			WithHint("`%s` explains them", helpFor(cmd))
	}
	e := usage("unknown command %q for %q", args[0], cmd.CommandPath())
	if near := nearest(args[0], names); near != "" {
		return e.WithHint("did you mean %q?", near)
	}
	return e.WithHint("`%s` lists the commands", helpFor(cmd))
}

func helpFor(cmd *cobra.Command) string {
	words := strings.Fields(strings.TrimPrefix(cmd.CommandPath(), cmd.Root().CommandPath()))
	return strings.Join(append([]string{cmd.Root().CommandPath(), "help"}, words...), " ")
}

// useLine is the line that a command's help starts with.
func useLine(cmd *cobra.Command) string { return strings.TrimSuffix(cmd.UseLine(), " [flags]") }

// takes checks the number of words after a command. Each name stands for one
// word; a last name that ends in … stands for one or more, and one in [brackets]
// may be left out.
func takes(names ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		least, most := len(names), len(names)
		if n := len(names); n > 0 {
			if slices.ContainsFunc(names, func(name string) bool { return strings.HasSuffix(name, "…") }) {
				most = -1
			}
			if strings.HasPrefix(names[n-1], "[") {
				least--
			}
		}
		hint := fmt.Sprintf("usage: %s", useLine(cmd))
		if len(args) < least {
			return usage("%s is missing", strings.TrimSuffix(names[len(args)], "…")).WithHint("%s", hint)
		}
		if most >= 0 && len(args) > most {
			return usage("unexpected word %q", models.RedactAPIKeys(args[most])).WithHint("%s", hint)
		}
		return nil
	}
}

// need refuses a command that lacks an option it cannot do without.
func need(cmd *cobra.Command, names ...string) error {
	for _, n := range names {
		if !cmd.Flags().Changed(n) {
			return usage("--%s is missing", n).WithHint("usage: %s", useLine(cmd))
		}
	}
	return nil
}
