// Command muster manages organizations from a terminal, in a local shell and
// over SSH.
package main

import (
	"context"
	"os"
	"time"

	"github.com/charmbracelet/x/term"

	"muster/internal/cli"
	"muster/internal/clock"
	"muster/store"
)

func main() { os.Exit(cli.Run(context.Background(), system())) }

// system is the environment of a real process.
func system() cli.Env {
	home, err := os.UserHomeDir()
	if err != nil {
		home = "" // without one there is no default place and no key to find
	}
	host, err := os.Hostname()
	if err != nil {
		host = "localhost"
	}
	return cli.Env{
		Args: os.Args[1:],
		In:   os.Stdin, Out: os.Stdout, Err: os.Stderr,
		Getenv: os.Getenv, Environ: os.Environ(), Home: home, Hostname: host,
		Terminal:  term.IsTerminal(os.Stdin.Fd()) && term.IsTerminal(os.Stdout.Fd()),
		Now:       clock.System,
		After:     time.After,
		OpenStore: store.Open,
	}
}
