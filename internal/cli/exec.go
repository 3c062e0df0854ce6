package cli

import (
	"context"

	"muster/internal/api"
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
		Log: d.log, Site: site, Failed: x.Failed, JSON: true,
	}
	return Run(ctx, env)
}

// told tells whoever runs the command of the error that it ended with.
func (r *Remote) told(e *models.Error) {
	if r != nil && r.Failed != nil {
		r.Failed(e)
	}
}
