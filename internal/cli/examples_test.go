package cli

import (
	"bytes"
	"context"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"muster/store"
)

// setting is what has to be before the examples of a command can run. The key is
// the command, or its noun.
var setting = map[string][]string{
	"": {
		"init --name 'Ada Lovelace' --email ada@example.com --key ada.pub",
		"org create --name 'Acme Corp' --code ACME", "switch ACME", "plan set enterprise",
		"user create --email bob@example.com --name Bob --role member --org ACME --key bob.pub",
		"user create --email cy@example.com --name Cy --role member --org ACME",
		"workspace create --name Research", "workspace switch Research", "workspace add Research bob@example.com",
		"project create --name Engine --workspace Research",
		"--as cy@example.com invite create --email dee@example.com",
		"invite create --email eve@example.com --expires-in 5d",
	},
	"org create":          {"org update ACME --code ACME2"},
	"project create":      {"project delete Engine --yes"},
	"workspace create":    {"workspace delete Research --confirm Research"},
	"settings set":        {"org update --name Acme"},
	"audit list":          {"member role bob@example.com admin"},
	"invite":              {"member remove bob@example.com --yes", "invite create --email bob@example.com --role admin"},
	"invite create":       {"member remove bob@example.com --yes", "member remove cy@example.com --yes"},
	"invite approve":      {"--as cy@example.com invite create --email inv_1@example.com", "--as cy@example.com invite create --email inv_2@example.com"},
	"invite resend":       {"member remove bob@example.com --yes", "invite create --email bob@example.com --role admin", "wait"},
	"invite delete":       {"invite create --email inv_1@example.com", "invite revoke inv_1@example.com --yes"},
	"invite undo":         {"--as cy@example.com invite create --email inv_1@example.com", "invite approve inv_1@example.com"},
	"invite link list":    {"invite link create --label course"},
	"invite link show":    {"invite link create --label course"},
	"invite link code":    {"invite link create --label course"},
	"invite link revoke":  {"invite link create --label course"},
	"payment list":        {"payment add 'Visa ending 4242' --reference cus_42", "payment add Invoice"},
	"view list":           {"view save members quiet 'seen:>30d' --sort -last_seen"},
	"view rename":         {"view save members quiet 'seen:>30d'"},
	"view delete":         {"view save members quiet 'seen:>30d'"},
	"payment default":     {"payment add 'Visa ending 4242'", "payment add Invoice"},
	"payment remove":      {"payment add 'Visa ending 4242'", "payment add Invoice"},
	"member add":          {"member remove bob@example.com --yes"},
	"org purge":           {"org delete ACME --confirm ACME"},
	"undo":                {"member role bob@example.com viewer"},
	"redo":                {"member role bob@example.com viewer", "undo"},
	"member former":       {"member remove bob@example.com --yes"},
	"member restore":      {"member remove bob@example.com --yes"},
	"member reactivate":   {"member suspend bob@example.com"},
	"user reactivate":     {"user suspend bob@example.com"},
	"role show":           {"role create --name Auditor --permission audit.read"},
	"role update":         {"role create --name Auditor --permission audit.read"},
	"role delete":         {"role create --name Auditor --permission audit.read"},
	"org cancel-transfer": {"org transfer bob@example.com --yes"},
	"org restore":         {"org delete ACME --confirm ACME"},
	"user create":         {"user delete bob@example.com --confirm bob@example.com"},
	"workspace remove":    {"workspace add Research cy@example.com"},
	"workspace role":      {"workspace add Research cy@example.com"},
	"api-key":             {"service create --name robot --role member", "api-key create --label ci --scope member"},
	"service":             {"service create --name robot --role member"},
	"webhook":             {"webhook create --url https://example.com/hooks"},
	"key rename":          {"key add laptop.pub"},
	"key remove":          {"key add laptop.pub"},
}

// noAnswer are the commands whose examples have no answer on the page, with why.
var noAnswer = map[string]string{
	"cert": "it is of one moment", "events follow": "it has no end", "org keys": "nobody has signed in with a key", "org revoke-key": "nobody has signed in with a key",
	"invite accept": "it is for whoever was invited", "invite decline": "it is for whoever was invited",
	"invite withdraw": "it is for whoever proposed", "invite mine": "nobody invited the site admin",
	"org accept-transfer": "it is for the nominee", "org decline-transfer": "it is for the nominee",
	"org request": "it is for people who are not in it", "key add": "a signature is of a key of yours",
	"key challenge": "its line is of one moment", "member leave": "the only owner cannot",
	"two-factor confirm": "the code is of an app", "two-factor verify": "the code is of an app",
	"two-factor recovery": "the code is of an app", "two-factor disable": "the code is of an app",
	"two-factor reset": "nobody has one", "two-factor enrol": "a QR code is too large for a page",
	"webhook create": "a secret is random", "webhook rotate": "a secret is random", "webhook list": "an id is random", "webhook show": "an id is random", "webhook update": "an id is random",
	"webhook delete": "an id is random", "webhook test": "an id is random", "webhook deliveries": "an id is random", "webhook redeliver": "an id is random",
	"api-key verify": "a secret is random", "api-key create": "a secret is random", "api-key rotate": "a secret is random", "api-key show": "an id is random",
	"api-key update": "an id is random", "api-key revoke": "an id is random", "api-key list": "an id is random",
	"join": "a code is needed", "version": "it differs from build to build", "open": "it is the app",
	"backup": "it has paths of a machine", "restore": "it has paths of a machine", "config": "see configuration.md",
	"apply": "it has a file of one's own", "org export": "it is as long as the organization", "pull": "see machines.md", "authorized-keys": "see machines.md", "doctor": "see monitoring.md", "demo": "it is the app", "init": "see running.md", "serve": "see running.md", "completion": "it is a script",
}

// exampleAnswers runs the example of every command, each command on a world of its
// own, and gives what they answer by the line that is shown.
func exampleAnswers(t *testing.T) map[string][]string {
	t.Helper()
	first := newStage(t, t.TempDir())
	for _, line := range setting[""] {
		first.must(line)
	}
	answers := map[string][]string{}
	unused := maps.Clone(noAnswer)
	walk(tree(nil), func(cmd *cobra.Command) {
		name := strings.TrimPrefix(cmd.CommandPath(), "muster ")
		if _, skip := noAnswer[name]; skip {
			delete(unused, name)
			return
		}
		if cmd.HasSubCommands() || cmd.Example == "" || cmd.Name() == "help" || strings.HasPrefix(name, "completion ") {
			return
		}
		s := first.copy()
		before, ok := setting[name]
		if noun, _, two := strings.Cut(name, " "); !ok && two {
			before = setting[noun]
		}
		for _, line := range before {
			s.must(line)
		}
		for line := range strings.SplitSeq(cmd.Example, "\n") {
			line = strings.TrimSpace(line)
			answers[line] = s.show(strings.TrimPrefix(line, "muster "))
		}
	})
	for name := range unused {
		t.Errorf("there is no command %q to have no answer", name)
	}
	return answers
}

// stage is a world that examples run in. Time, chance and keys are always the same.
type stage struct {
	t    *testing.T
	dir  string
	now  time.Time
	runs byte
}

func newStage(t *testing.T, dir string) *stage {
	s := &stage{t: t, dir: dir, now: time.Date(2026, 8, 14, 9, 30, 0, 0, time.UTC)}
	for name, text := range map[string]string{
		"ada.pub":        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEB ada@laptop\n",
		"bob.pub":        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgIC bob@laptop\n",
		"laptop.pub":     "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMD ada@desk\n",
		"key.pub":        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE ada@lap\n",
		"root.pub":       "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUF root@lap\n",
		"id_ed25519.pub": "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYG ada@new\n",
		"people.csv":     "email,name,role\nfay@example.com,Fay Adler,member\ngil@example.com,Gil Bo,viewer\nada@example.com,Ada,\n",
		"staff.csv":      "Full Name,Work Email,Role\nHal Ito,hal@example.com,Engineer\n",
	} {
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	return s
}

func (s *stage) copy() *stage {
	s.t.Helper()
	to := newStage(s.t, s.t.TempDir())
	to.now, to.runs = s.now, s.runs
	must(s.t, os.CopyFS(filepath.Join(to.dir, "data"), os.DirFS(filepath.Join(s.dir, "data"))))
	must(s.t, os.Chmod(filepath.Join(to.dir, "data"), 0o700))
	for _, name := range []string{store.DatabaseFile, store.SecretFile} {
		must(s.t, os.Chmod(filepath.Join(to.dir, "data", name), 0o600))
	}
	return to
}

// run runs one line of a shell: words with quotes, and files for input and output.
func (s *stage) run(line string) (out, errs string, status int) {
	s.t.Helper()
	s.runs++
	s.now = s.now.Add(3 * time.Second)
	args, in := s.words(line)
	var o, e bytes.Buffer
	env := Env{Args: args, In: strings.NewReader(in), Out: &o, Err: &e, Home: s.dir, Hostname: "muster.example.com",
		Now: func() time.Time { return s.now }, After: time.After,
		Getenv: func(name string) string {
			return map[string]string{"HOME": s.dir, "MUSTER_DATA": filepath.Join(s.dir, "data"), "TZ": "UTC", "MUSTER_MAIL_MODE": "folder", "MUSTER_MAIL_FROM": "muster@example.com"}[name]
		},
		OpenStore: func(ctx context.Context, o store.Options) (*store.Store, error) {
			o.Rand = &chance{src: rand.NewChaCha8([32]byte{s.runs})}
			return store.Open(ctx, o)
		}}
	status = Run(context.Background(), env)
	return o.String(), e.String(), status
}

var shellWord = regexp.MustCompile(`(?:[^\s"']|"[^"]*"|'[^']*')+`)

func (s *stage) words(line string) (args []string, in string) {
	s.t.Helper()
	words := shellWord.FindAllString(line, -1)
	for i := 0; i < len(words); i++ {
		w := strings.NewReplacer(`"`, "", `'`, "").Replace(words[i])
		switch {
		case w == "<":
			i++
			b, err := os.ReadFile(filepath.Join(s.dir, filepath.Base(words[i])))
			must(s.t, err)
			in = string(b)
			continue
		case w == ">":
			i++
			continue
		case strings.HasSuffix(w, ".csv"), strings.HasSuffix(w, ".pub"):
			w = filepath.Join(s.dir, filepath.Base(w))
		}
		args = append(args, s.named(w))
	}
	return args, in
}

// named gives the id that an example means.
func (s *stage) named(word string) string {
	switch word {
	case "inv_1", "inv_2":
		return word + "@example.com"
	case "lnk_1":
		out, _, _ := s.run("invite link list --json")
		return regexp.MustCompile(`lnk_[0-9a-v]+`).FindString(out)
	case "SHA256:…":
		out, _, _ := s.run("key list --json")
		all := regexp.MustCompile(`SHA256:[A-Za-z0-9+/]+`).FindAllString(out, -1)
		return all[len(all)-1]
	}
	return word
}

func (s *stage) must(line string) {
	s.t.Helper()
	if line == "wait" {
		s.now = s.now.Add(2 * time.Minute)
		return
	}
	if _, errs, status := s.run(line); status != 0 {
		s.t.Fatalf("muster %s: %d\n%s", line, status, errs)
	}
}

const (
	shownLines   = 12
	shownColumns = 110
)

// show gives what a page shows of an answer, and fails where an example does.
func (s *stage) show(line string) []string {
	s.t.Helper()
	out, errs, status := s.run(line)
	if status != 0 && !(strings.HasPrefix(line, "can-i") && status == 4) {
		s.t.Errorf("the example muster %s ends with status %d:\n%s%s", line, status, out, errs)
	}
	if strings.Contains(line, " > ") {
		return nil
	}
	lines := strings.Split(strings.TrimRight(out, "\n"), "\n")
	if out == "" {
		lines = nil
	}
	if len(lines) > shownLines {
		lines = append(slices.Clip(lines[:shownLines]), "…")
	}
	for i, l := range lines {
		if r := []rune(strings.TrimRight(l, " ")); len(r) > shownColumns {
			l = string(r[:shownColumns-1]) + "…"
		}
		lines[i] = strings.TrimRight(strings.ReplaceAll(l, s.dir, "…"), " ")
	}
	return lines
}
