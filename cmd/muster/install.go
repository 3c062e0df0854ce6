package main

import (
	"net"
	"net/netip"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"muster/internal/mail"
	"muster/store"
)

type installation struct {
	dir       string
	listen    string
	address   string
	signUp    bool
	proxyFrom []netip.Prefix
	mail      mail.Sender
}

func (in installation) hostKey() string { return filepath.Join(in.dir, "host_key") }
func (in installation) source() string  { return "" }
func (in installation) joinCommand(code string) string {
	h, p, err := net.SplitHostPort(in.address)
	if err != nil {
		return "ssh join+" + code + "@" + in.address
	}
	return "ssh -p " + p + " join+" + code + "@" + h
}
func (in installation) site() Site {
	return Site{Mail: in.mail.Kind() != "none", JoinCommand: in.joinCommand}
}

var listenFlag, addressFlag string

func (c *cli) installation() (installation, error) {
	in := installation{dir: c.env.Getenv("MUSTER_DATA"), listen: listenFlag, address: addressFlag, mail: mail.None{}}
	if c.data != "" {
		in.dir = c.data
	}
	if in.address == "" {
		in.address = "muster.example.com:2222"
	}
	var err error
	if d := c.env.Getenv("MUSTER_MAIL_FOLDER"); d != "" {
		in.mail, err = mail.NewFolder(d, c.env.Getenv("MUSTER_MAIL_FROM"), c.env.Now)
	}
	if d := c.env.Getenv("MUSTER_MAIL_SMTP_HOST"); d != "" {
		p, _ := strconv.Atoi(c.env.Getenv("MUSTER_MAIL_SMTP_PORT"))
		in.mail, err = mail.NewSMTP(mail.SMTPConfig{Host: d, Port: p, TLS: "none", From: c.env.Getenv("MUSTER_MAIL_FROM"), Now: c.env.Now})
	}
	return in, err
}
func (c *cli) storeOptions() (store.Options, error) {
	in, err := c.installation()
	return store.Options{Dir: in.dir, Now: c.env.Now, Log: c.log}, err
}
func (c *cli) site() (Site, error) {
	if r := c.env.Remote; r != nil {
		return r.Site, nil
	}
	in, err := c.installation()
	return in.site(), err
}
func (c *cli) serveFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&listenFlag, "listen", "127.0.0.1:2222", "")
	cmd.Flags().StringVar(&addressFlag, "address", "", "")
}
func (c *cli) configCommand() *cobra.Command { return &cobra.Command{Use: "config"} }
