package main

import (
	"net/netip"
	"path/filepath"

	"github.com/spf13/cobra"

	"muster/internal/mail"
	"muster/store"
)

type installation struct {
	dir       string
	listen    string
	signUp    bool
	proxyFrom []netip.Prefix
	mail      mail.Sender
}

func (in installation) hostKey() string                { return filepath.Join(in.dir, "host_key") }
func (in installation) source() string                 { return "" }
func (in installation) joinCommand(code string) string { return "ssh join+" + code + "@localhost" }
func (in installation) site() Site {
	return Site{Mail: in.mail.Kind() != "none", JoinCommand: in.joinCommand}
}

func (c *cli) installation() (installation, error) {
	return installation{dir: c.env.Getenv("MUSTER_DATA"), listen: "127.0.0.1:2222", mail: mail.None{}}, nil
}
func (c *cli) storeOptions() (store.Options, error) {
	return store.Options{Dir: c.env.Getenv("MUSTER_DATA"), Now: c.env.Now, Log: c.env.Log}, nil
}
func (c *cli) site() (Site, error) {
	if r := c.env.Remote; r != nil {
		return r.Site, nil
	}
	in, err := c.installation()
	return in.site(), err
}
func (c *cli) serveFlags(cmd *cobra.Command) {}
func (c *cli) configCommand() *cobra.Command { return &cobra.Command{Use: "config"} }
