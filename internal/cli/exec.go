package cli

import (
	"context"
	"reflect"
	"slices"
	"strings"

	"muster/internal/api"
	"muster/internal/op"
	"muster/models"
)

// exec runs one command line that came over HTTP, as one that came over SSH, with
// --json where the command has it.
func (d *door) exec(ctx context.Context, x api.Exec) int { return d.execAt(ctx, x, d.in.site()) }

func (d *door) execAt(ctx context.Context, x api.Exec, site Site) int {
	env := d.env
	env.Args, env.In, env.Out, env.Err = x.Args, x.In, x.Out, x.Err
	env.Getenv = func(string) string { return "" }
	env.Home, env.Terminal, env.Width, env.ErrWidth = "", false, 0, 0
	env.Remote = &Remote{
		Store: d.store, Actor: x.Caller.Actor, Kind: LoginUser, Login: x.Caller.Actor.Login, Key: x.Caller.Key,
		Log: d.log, Site: site, Failed: x.Failed, JSONErrors: true,
	}
	env.Args = withJSON(env)
	return Run(ctx, env)
}

// withJSON adds --json to a command line, before the words that are no options. A
// command whose answer has a form of its own has none.
func withJSON(env Env) []string {
	c := &cli{env: env}
	root := c.root()
	if cmd, _, err := root.Find(env.Args); err == nil {
		if r := op.Find(cmd.Annotations[operation]); r != nil && r.Out == reflect.TypeFor[op.Stream]() {
			return env.Args
		}
	}
	if strings.HasPrefix(env.Args[0], "__") { // completes a line
		return env.Args
	}
	end := slices.Index(env.Args, "--")
	if end < 0 {
		end = len(env.Args)
	}
	return slices.Insert(slices.Clone(env.Args), end, "--json")
}

// told tells whoever runs the command of the error that it ended with.
func (r *Remote) told(e *models.Error) {
	if r != nil && r.Failed != nil {
		r.Failed(e)
	}
}
