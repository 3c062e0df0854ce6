package cli

import (
	"log/slog"

	"github.com/spf13/cobra"
)

// Tree is the command tree of a shell, for tools that write about it: man pages,
// completions. Its commands are not for running.
func Tree() *cobra.Command { return treeOf(nil) }

// treeOf is the command tree of a shell (nil) or of a login over SSH, with its help
// prepared.
func treeOf(r *Remote) *cobra.Command {
	c := &cli{env: Env{Remote: r, Getenv: func(string) string { return "" }}, log: slog.New(slog.DiscardHandler)}
	root := c.root()
	root.InitDefaultCompletionCmd()
	finishAll(root, r != nil)
	return root
}

func finishAll(cmd *cobra.Command, remote bool) {
	finish(cmd, remote)
	for _, sub := range cmd.Commands() {
		finishAll(sub, remote)
	}
}
