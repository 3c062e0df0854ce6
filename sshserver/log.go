package sshserver

import (
	"context"
	"log/slog"
	"net/netip"
	"slices"
	"time"

	"muster/internal/rate"
	"muster/models"
)

// lineRate is how many lines of the log one network may cause.
var lineRate = rate.Rate{Burst: 30, Each: time.Second / 3}

// lineSum is how often a network that causes more gets a line that counts them.
const lineSum = 10 * time.Second

// note logs a line that a client at this address caused, unless there were too
// many of those: then they are counted, and a later line says how many.
func (s *Server) note(from netip.Addr, level slog.Level, msg string, args ...any) {
	if !s.log.Enabled(context.Background(), level) {
		return
	}
	network := models.Network(from)
	now, first := s.gate.line(network)
	switch {
	case now:
		s.log.Log(context.Background(), level, msg, args...)
	case first:
		time.AfterFunc(s.gate.lineSum, func() {
			s.log.Warn("lines left out", "addr", from.String(), "lines", s.gate.linesLeft(network))
		})
	}
}

// line tells whether a line about a network may be logged, and if not whether it
// is the first that is left out.
func (g *gate) line(network netip.Prefix) (now, first bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.source(network)
	if s.lines.Take(g.clock(), lineRate) == 0 {
		return true, false
	}
	s.left++
	return false, s.left == 1
}

// linesLeft gives the lines left out so far, once.
func (g *gate) linesLeft(network netip.Prefix) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.source(network)
	n := s.left
	s.left = 0
	return n
}

// loggedCommand is a word of the command tree, or a mark: anything else might be
// a code or a password in the wrong place.
func (s *Server) loggedCommand(word string) string {
	if slices.Contains(s.cfg.Commands, word) {
		return word
	}
	return "?"
}

// loggedType is the name of a channel request, which programs choose.
func loggedType(name string) string {
	if slices.Contains([]string{"auth-agent-req@openssh.com", "x11-req", "subsystem", "env", "pty-req", "shell", "exec",
		"signal", "break", "window-change", "xon-xoff"}, name) {
		return name
	}
	return "?"
}
