package sshserver

import "time"

// Limits bounds what a client can take. A zero field means its default, so
// that a test or a configuration names only what it changes.
type Limits struct {
	Handshake       time.Duration // from accept to authenticated
	Keys            int           // public keys looked at in one handshake
	Lifetime        time.Duration // of a connection, whatever happens on it
	Idle            time.Duration // without a call of Session.Activity
	IdleWarning     time.Duration // when the warning comes; less than Idle
	Keepalive       time.Duration // between two probes of the client
	KeepaliveMisses int           // probes without an answer that close
	Stall           time.Duration // a write without progress closes
	CommandStall    time.Duration // the same, of a command, whose reader may be busy

	Handshakes        int           // connections not yet authenticated, in all
	HandshakesAddress int           // the same, of one IPv4 address or IPv6 /64
	HandshakesKnown   int           // of Handshakes, kept for addresses that people signed in from lately; a fifth if 0
	HandshakeWait     time.Duration // for a place among those of the address
	Connections       int           // authenticated connections, in all
	ConnectionsUser   int           // the same, of one user; of one address for strangers
	Channels          int           // sessions on one connection

	Width, Height  int           // of a terminal, in cells
	ResizeInterval time.Duration // at most one size in this time

	EnvVars      int // environment variables of a session
	EnvBytes     int // of one value
	TermBytes    int // of TERM
	CommandBytes int // of a command line
	StdinBytes   int // of a command's standard input

	CommandTime       time.Duration // a command may run
	AnswerTime        time.Duration // a command with a terminal waits for a key
	CommandsPerSecond int           // of one user, also the burst
	KeysPerSecond     int           // of one user in all sessions; half of it at once
	FramesPerSecond   int           // the same, of what the app draws

	StopNotice time.Duration // between the notice of a stop and the end of sessions
	WindDown   time.Duration // a session has to return once it was ended
	Stop       time.Duration // a stop takes at most
}

// defaultLimits are the limits of a server nobody configured.
func defaultLimits() Limits {
	return Limits{
		Handshake:       20 * time.Second,
		Keys:            20,
		Lifetime:        12 * time.Hour,
		Idle:            30 * time.Minute,
		IdleWarning:     25 * time.Minute,
		Keepalive:       30 * time.Second,
		KeepaliveMisses: 3,
		Stall:           10 * time.Second,
		CommandStall:    60 * time.Second,

		Handshakes:        100,
		HandshakesAddress: 10,
		HandshakesKnown:   20,
		HandshakeWait:     5 * time.Second,
		Connections:       2000,
		ConnectionsUser:   20,
		Channels:          4,

		Width:          500,
		Height:         200,
		ResizeInterval: 50 * time.Millisecond,

		EnvVars:      8,
		EnvBytes:     256,
		TermBytes:    64,
		CommandBytes: 64 << 10,
		StdinBytes:   1 << 20,

		CommandTime:       30 * time.Second,
		AnswerTime:        5 * time.Minute,
		CommandsPerSecond: 10,
		KeysPerSecond:     300,
		FramesPerSecond:   150,

		StopNotice: 2 * time.Second,
		WindDown:   5 * time.Second,
		Stop:       10 * time.Second,
	}
}

func (l Limits) withDefaults() Limits {
	d := defaultLimits()
	orDefault(&l.Handshake, d.Handshake)
	orDefault(&l.Keys, d.Keys)
	orDefault(&l.Lifetime, d.Lifetime)
	orDefault(&l.Idle, d.Idle)
	orDefault(&l.IdleWarning, l.Idle-l.Idle/6)
	orDefault(&l.Keepalive, d.Keepalive)
	orDefault(&l.KeepaliveMisses, d.KeepaliveMisses)
	orDefault(&l.Stall, d.Stall)
	orDefault(&l.CommandStall, d.CommandStall)
	orDefault(&l.Handshakes, d.Handshakes)
	orDefault(&l.HandshakesAddress, d.HandshakesAddress)
	orDefault(&l.HandshakesKnown, l.Handshakes/5)
	orDefault(&l.HandshakeWait, d.HandshakeWait)
	orDefault(&l.Connections, d.Connections)
	orDefault(&l.ConnectionsUser, d.ConnectionsUser)
	orDefault(&l.Channels, d.Channels)
	orDefault(&l.Width, d.Width)
	orDefault(&l.Height, d.Height)
	orDefault(&l.ResizeInterval, d.ResizeInterval)
	orDefault(&l.EnvVars, d.EnvVars)
	orDefault(&l.EnvBytes, d.EnvBytes)
	orDefault(&l.TermBytes, d.TermBytes)
	orDefault(&l.CommandBytes, d.CommandBytes)
	orDefault(&l.StdinBytes, d.StdinBytes)
	orDefault(&l.CommandTime, d.CommandTime)
	orDefault(&l.AnswerTime, d.AnswerTime)
	orDefault(&l.CommandsPerSecond, d.CommandsPerSecond)
	orDefault(&l.KeysPerSecond, d.KeysPerSecond)
	orDefault(&l.FramesPerSecond, d.FramesPerSecond)
	orDefault(&l.StopNotice, d.StopNotice)
	orDefault(&l.WindDown, d.WindDown)
	orDefault(&l.Stop, d.Stop)
	return l
}

func orDefault[T int | time.Duration](field *T, value T) {
	if *field == 0 {
		*field = value
	}
}
