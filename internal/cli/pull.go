package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"muster/internal/keyfile"
	"muster/internal/op"
	"muster/models"
)

// pulling are the options of muster pull.
type pulling struct {
	host, org, dir, identity, knownHosts string
	port                                 int
	http, apiKeyFile                     string
	watch                                time.Duration
	allowEmpty                           bool
}

// asks tells whether there is a server to ask.
func (p *pulling) asks() bool { return p.host != "" || p.http != "" }

// from is the server, as errors and the snapshot name it.
func (p *pulling) from() string {
	if p.http != "" {
		return p.http
	}
	return p.host
}

// serverFlags are the options that say how the server is asked.
func (p *pulling) serverFlags(f *pflag.FlagSet) {
	f.StringVar(&p.host, "host", "", "the server, as ssh knows it")
	f.IntVar(&p.port, "port", 0, "its port (default: as ssh has it)")
	f.StringVar(&p.identity, "identity", "", "file of the private key to ask with (default: as ssh has it)")
	f.StringVar(&p.knownHosts, "known-hosts", "", "file with the server's host key (default: as ssh has it)")
	f.StringVar(&p.http, "http", "", "the server's URL, to ask with an API key instead of ssh")
	f.StringVar(&p.apiKeyFile, "api-key-file", "", "file of the API key to ask with, mode 0600 (default: $"+apiKeyVariable+")")
}

// checkServer refuses options that do not go together.
func (p *pulling) checkServer() error {
	if p.http == "" {
		if p.apiKeyFile != "" {
			return usage("--api-key-file is for --http").WithHint("name the server with --http URL, or the private key with --identity")
		}
		return nil
	}
	if p.host != "" || p.port != 0 || p.identity != "" || p.knownHosts != "" {
		return usage("--http takes none of --host, --port, --identity and --known-hosts").WithHint("ask over HTTP or with ssh, not both")
	}
	return checkURL(p.http)
}

// The bounds of a pull.
const (
	minWatch   = time.Second
	pullTime   = time.Minute
	maxPull    = 256 << 20 // bytes of an answer
	maxPullErr = 8 << 10   // and of what ssh says
)

func (c *cli) pullCommand() *cobra.Command {
	var p pulling
	cmd := &cobra.Command{
		Use:   "pull {--http URL | --host HOST} --org ORG --out DIR",
		Short: "keep the keys of an organization on this machine",
		Long: `Fetch the keys of an organization from a muster server and keep them in a directory, for
sshd and git on this machine: authorized_keys, allowed_signers, krl, ca, and keys.json,
which authorized-keys answers from.

With --http it asks with an API key, best one of a service account whose only scope is
member.keys. The key is in a file that nobody else can read, or in $MUSTER_API_KEY, and
goes over https, or to this machine. With --host it runs ssh with a key of an account
that can see the organization, asks for no password and takes no host key that it does
not know.

Each file is replaced whole. When the server cannot be asked, or answers that nobody
could log in any more, what was there stays. With --watch it goes on until it is stopped.`,
		Example: `muster pull --http https://muster.example.com --org ACME --out /var/lib/muster-keys --api-key-file /etc/muster/pull.key
muster pull --host muster.example.com --org ACME --out /var/lib/muster-keys --identity /etc/muster/pull_ed25519
muster pull --host muster.example.com --org ACME --out /var/lib/muster-keys --watch 30s`,
		Args: takes(),
	}
	f := cmd.Flags()
	p.serverFlags(f)
	f.StringVar(&p.dir, "out", "", "the directory to keep them in")
	f.DurationVar(&p.watch, "watch", 0, "go on, and ask anew after this long: 30s, 5m")
	f.BoolVar(&p.allowEmpty, "allow-empty", false, "also when nobody could log in any more")
	cmd.RunE = action(func(ctx context.Context, _ []string) error {
		if err := need(cmd, "out"); err != nil {
			return err
		}
		if !p.asks() {
			return usage("--http or --host is missing").WithHint("name the server: --http https://HOST with an API key, or --host HOST with ssh")
		}
		if err := p.checkServer(); err != nil {
			return err
		}
		if p.org = c.org; p.org == "" {
			return usage("--org is missing").WithHint("name the organization: muster pull --org ACME …")
		}
		if p.watch != 0 && p.watch < minWatch {
			return models.Invalid("watch", "--watch must be at least %s", minWatch)
		}
		if p.watch == 0 {
			return c.pull(ctx, p)
		}
		ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
		defer stop()
		for {
			if err := c.pull(ctx, p); err != nil && ctx.Err() == nil {
				e := models.AsError(err)
				c.note("%s", strings.TrimSuffix(e.Message+" ("+e.Hint+")", " ()"))
			}
			select {
			case <-ctx.Done():
				return nil
			case <-c.env.After(p.watch):
			}
		}
	})
	return cmd
}

// pulled is the answer of muster pull.
type pulled struct {
	ID        string    `json:"id"`
	Code      string    `json:"code"`
	Version   string    `json:"version"`
	Changed   bool      `json:"changed"`
	Keys      int       `json:"keys"` // that open hosts
	CheckedAt time.Time `json:"checked_at"`
}

func (c *cli) pull(ctx context.Context, p pulling) error {
	before, err := keyfile.Load(p.dir)
	damaged := err != nil
	if damaged && !errors.Is(err, fs.ErrNotExist) {
		c.note("%s", models.AsError(err).Message)
	}
	answer, err := c.fetchKeys(ctx, p, before.Export.Version, pullTime)
	if err != nil {
		return err
	}
	now := c.env.Now()
	next := keyfile.Snapshot{From: p.from(), CheckedAt: now, Export: answer.KeyExport}
	if answer.Unchanged && !damaged {
		next.Export = before.Export
	}
	if err := before.CheckFollows(next.Export, now, p.allowEmpty); err != nil {
		return err
	}
	if err := keyfile.Save(p.dir, next); err != nil {
		return fileProblem(err)
	}
	v := pulled{ID: next.Export.ID, Code: next.Export.Code, Version: next.Export.Version, Changed: !answer.Unchanged, CheckedAt: now}
	for _, k := range next.Export.Keys {
		if k.OpensAt(now) {
			v.Keys++
		}
	}
	if p.watch != 0 && !v.Changed {
		return nil
	}
	return c.emit(v, func() error {
		what := "is unchanged"
		if v.Changed {
			what = "was written"
		}
		return c.say("%s %s: %s that open hosts of %s", p.dir, what, count(v.Keys, "key", "keys"), v.Code)
	})
}

// fetchKeys asks the server, which answers no more than that where it has nothing
// but the version that we have.
func (c *cli) fetchKeys(ctx context.Context, p pulling, have string, patience time.Duration) (answer op.OrgKeys, err error) {
	if !plainWord(p.org) {
		return answer, models.Invalid("org", "%q is no code or id of an organization", models.SafeText(p.org))
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var b []byte
	if p.http != "" {
		b, err = c.askHTTP(ctx, p, have)
	} else {
		b, err = askSSH(ctx, p, have)
	}
	if err != nil {
		return answer, err
	}
	if err := json.Unmarshal(b, &answer); err != nil || answer.ID == "" || answer.Version == "" {
		return op.OrgKeys{}, noServer(p, "the answer is not one of muster's")
	}
	if !answer.Unchanged && (answer.Keys == nil || answer.Revoked == nil || answer.Authorities == nil || answer.Certificates == nil) {
		return op.OrgKeys{}, noServer(p, "the answer is not whole")
	}
	if answer.Unchanged && answer.Version != have {
		return op.OrgKeys{}, noServer(p, "the answer is for another question")
	}
	return answer, nil
}

// askSSH asks with ssh, as whoever the private key signs in.
func askSSH(ctx context.Context, p pulling, have string) ([]byte, error) {
	args := []string{"-T", "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes", "-o", "ConnectTimeout=10", "-o", "ClearAllForwardings=yes"}
	if p.port != 0 {
		args = append(args, "-p", strconv.Itoa(p.port))
	}
	if p.identity != "" {
		args = append(args, "-i", p.identity, "-o", "IdentitiesOnly=yes")
	}
	if p.knownHosts != "" {
		args = append(args, "-o", "UserKnownHostsFile="+p.knownHosts)
	}
	args = append(args, "--", p.host, "org", "keys", p.org, "--json")
	if have != "" {
		args = append(args, "--unless", have)
	}
	cmd := exec.CommandContext(ctx, "ssh", args...)
	cmd.WaitDelay = time.Second
	var words bytes.Buffer
	cmd.Stderr = &bounded{&words, maxPullErr}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, noServer(p, err.Error())
	}
	b, readErr := io.ReadAll(io.LimitReader(out, maxPull+1))
	if err := cmd.Wait(); err != nil {
		return nil, noServer(p, lastLine(words.String(), err))
	}
	if readErr != nil || len(b) > maxPull {
		return nil, noServer(p, "the answer could not be read whole")
	}
	return b, nil
}

func noServer(p pulling, why string) *models.Error {
	look := "ssh " + p.host + " whoami"
	if p.http != "" {
		look = "curl " + p.http + "/readyz"
	}
	return models.Errorf(models.CodeInternal, "%s gave no keys: %s", p.from(), models.SafeText(why)).
		WithHint("what was there stays; see what this says: %s", look)
}

// lastLine is what ssh, or the server through it, said last.
func lastLine(text string, err error) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if last := lines[len(lines)-1]; last != "" {
		var answer struct {
			Error struct{ Message string }
		}
		if json.Unmarshal([]byte(last), &answer) == nil && answer.Error.Message != "" {
			return answer.Error.Message
		}
		return last
	}
	return err.Error()
}

// plainWord tells a word that no shell, and no command line, takes for another thing.
func plainWord(s string) bool {
	ok := s != "" && s[0] != '-'
	for _, r := range s {
		ok = ok && (r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("_-~.", r))
	}
	return ok
}

// bounded keeps the first bytes of what is written and drops the rest.
type bounded struct {
	w    *bytes.Buffer
	left int
}

func (b *bounded) Write(p []byte) (int, error) {
	n := min(len(p), b.left)
	b.w.Write(p[:n])
	b.left -= n
	return len(p), nil
}

// fileProblem is an error of a file, in words.
func fileProblem(err error) error {
	var e *models.Error
	if errors.As(err, &e) {
		return err
	}
	return models.Errorf(models.CodeInternal, "%v", err).WithHint("check that the directory is there and yours to write to")
}
