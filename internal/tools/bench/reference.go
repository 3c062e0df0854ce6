package main

import (
	"crypto/ed25519"
	"crypto/rand"
	"fmt"
	"io"
	"net"

	gossh "golang.org/x/crypto/ssh"
)

// serveReference is a bare SSH server with the algorithms of muster: it lets
// every key in and answers every command with one line. It listens on a free
// port until it is killed.
func serveReference(out io.Writer) error {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	host, err := gossh.NewSignerFromKey(private)
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "listening", ln.Addr())
	for {
		c, err := ln.Accept()
		if err != nil {
			return err
		}
		config := &gossh.ServerConfig{PublicKeyCallback: func(gossh.ConnMetadata, gossh.PublicKey) (*gossh.Permissions, error) { return nil, nil }}
		config.KeyExchanges = []string{gossh.KeyExchangeMLKEM768X25519, gossh.KeyExchangeCurve25519}
		config.AddHostKey(host)
		go answer(c, config)
	}
}

func answer(c net.Conn, config *gossh.ServerConfig) {
	defer c.Close()
	_, channels, requests, err := gossh.NewServerConn(c, config)
	if err != nil {
		return
	}
	go gossh.DiscardRequests(requests)
	for n := range channels {
		ch, requests, err := n.Accept()
		if err != nil {
			return
		}
		go func() {
			for r := range requests {
				_ = r.Reply(true, nil)
				if r.Type == "shell" {
					_, _ = io.WriteString(ch, "ready\n")
				}
				if r.Type == "exec" {
					_, _ = io.WriteString(ch, "done\n")
					_, _ = ch.SendRequest("exit-status", false, gossh.Marshal(struct{ Status uint32 }{}))
					_ = ch.Close()
				}
			}
		}()
	}
}
