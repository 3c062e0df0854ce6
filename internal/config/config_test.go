package config_test

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/spf13/pflag"

	"muster/internal/config"
	"muster/models"
)

const home = "/home/ada"

// world is everything that options can come from.
type world struct {
	args []string
	env  map[string]string
	file string // content; none if empty
	at   string // its path; the default one if empty
}

func (w world) load() (*config.Config, error) {
	flags := pflag.NewFlagSet("muster", pflag.ContinueOnError)
	var names []string
	for _, o := range config.Options() {
		if !o.Secret {
			names = append(names, o.Name)
		}
	}
	config.BindFlags(flags, names...)
	if err := flags.Parse(w.args); err != nil {
		return nil, err
	}
	at := w.at
	if at == "" {
		at = home + "/.config/muster/config.toml"
	}
	return config.Load(config.Sources{
		Flags: flags,
		Env: func(name string) string {
			if v, ok := w.env[name]; ok {
				return v
			}
			return map[string]string{"HOME": home}[name]
		},
		ReadFile: func(path string) ([]byte, error) {
			if w.file != "" && path == at {
				return []byte(w.file), nil
			}
			return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
		},
		Hostname: "box.example.com",
	})
}

func (w world) must(t *testing.T) *config.Config {
	t.Helper()
	c, err := w.load()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestDefaults(t *testing.T) {
	got := world{}.must(t)
	want := &config.Config{
		File: home + "/.config/muster/config.toml", Data: home + "/.local/share/muster",
		Listen: ":2222", Address: config.Address{Host: "box.example.com", Port: 2222},
		HostKey: home + "/.local/share/muster/host_key", CreateOrganizations: "anyone",
		Mail: config.Mail{Mode: "none", Folder: home + "/.local/share/muster/mail",
			SMTP: config.SMTP{Port: 587, TLS: "required"}},
		Log: config.Log{Format: "text", Level: slog.LevelInfo}, Theme: "auto", Mouse: true, Notifications: "bell",
		Colours: map[string]string{}, Keys: map[string][]string{}, Plans: models.DefaultPlans(), Limits: models.DefaultInviteLimits(),
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(config.Config{})); diff != "" {
		t.Error(diff)
	}
	if settings := got.Settings(); len(settings) != len(config.Options()) {
		t.Errorf("%d settings for %d options", len(settings), len(config.Options()))
	} else {
		for i, s := range settings {
			if s.Origin != config.OriginDefault || s.Name != config.Options()[i].Name {
				t.Errorf("%+v where the option is %s", s, config.Options()[i].Name)
			}
		}
	}
}

// Each option, but for those with a way of their own, is set on all three ways
// at once; taking one away after the other shows the order.
func TestPrecedence(t *testing.T) {
	for name, v := range map[string][3]string{ // flag, environment, file
		"data":                      {"/flag", "/env", "/file"},
		"org":                       {"FLAG", "ENV", "FILE"},
		"listen":                    {"127.0.0.1:1", ":2", "[::1]:3"},
		"address":                   {"flag.example.com:1", "env.example.com:2", "[2001:db8::3]:3"},
		"host_key":                  {"/flag", "/env", "/file"},
		"sign_up":                   {"open", "closed", "open"},
		"create_organizations":      {"plan", "site_admins", "anyone"},
		"self_service_plans":        {"on", "off", "on"},
		"billing_required":          {"on", "off", "on"},
		"proxy_from":                {"10.0.0.1", "10.0.0.0/8,::1", "192.168.0.0/16"},
		"http":                      {"127.0.0.1:1", "[::1]:2", "localhost:3"},
		"webhooks.allow":            {"10.0.0.1", "10.0.0.0/8,::1", "192.168.0.0/16"},
		"http_proxy_from":           {"10.0.0.1", "10.0.0.0/8,::1", "192.168.0.0/16"},
		"metrics":                   {"127.0.0.1:1", ":2", "[::1]:3"},
		"limits.user_organizations": {"1", "2", "0"},
		"limits.inviter_open":       {"1", "2", "3"},
		"limits.inviter_day":        {"1", "2", "3"},
		"limits.organization_open":  {"1", "2", "3"},
		"limits.organization_day":   {"1", "2", "3"},
		"limits.recipient_day":      {"1", "2", "0"},
		"mail.mode":                 {"folder", "none", "folder"},
		"mail.folder":               {"/flag", "/env", "/file"},
		"mail.from":                 {"flag@acme.dev", "Env <env@acme.dev>", "file@acme.dev"},
		"mail.smtp.host":            {"flag", "env", "file"},
		"mail.smtp.port":            {"1", "2", "3"},
		"mail.smtp.tls":             {"tls", "opportunistic", "none"},
		"mail.smtp.user":            {"flag", "env", "file"},
		"mail.smtp.password_file":   {"/flag", "/env", "/file"},
		"mail.smtp.plaintext":       {"on", "off", "on"},
		"log.format":                {"json", "text", "json"},
		"log.level":                 {"debug", "warn", "error"},
		"theme":                     {"dark", "light", "mono"},
		"mouse":                     {"off", "on", "off"},
		"notifications":             {"off", "desktop", "bell"},
	} {
		t.Run(name, func(t *testing.T) {
			i := slices.IndexFunc(config.Options(), func(o config.Option) bool { return o.Name == name })
			o := config.Options()[i]
			// A sender, since a mail server needs one.
			w := world{
				args: []string{"--" + o.Flag() + "=" + v[0]},
				env:  map[string]string{o.Env(): v[1]},
				file: fmt.Sprintf("\n%s = %q\n", name, v[2]),
			}
			if strings.HasPrefix(name, "mail.smtp") {
				w.env["MUSTER_MAIL_FROM"] = "muster@acme.dev"
			}
			check := func(value, origin string) {
				t.Helper()
				c := w.must(t)
				for _, s := range c.Settings() {
					if s.Name == name && (s.Value != value || s.Origin != origin) {
						t.Errorf("%q from %s, want %q from %s", s.Value, s.Origin, value, origin)
					}
				}
				if got := c.Origin(name); got != origin {
					t.Errorf("origin %s, want %s", got, origin)
				}
			}
			check(v[0], "--"+o.Flag())
			w.args = []string{"--" + o.Flag() + "="} // empty is none
			check(v[1], o.Env())
			w.env[o.Env()] = ""
			check(v[2], home+"/.config/muster/config.toml:2")
		})
	}
}

func TestEveryOptionHasATestOfPrecedence(t *testing.T) {
	// Counted rather than listed twice: all but config and the secret.
	if n := len(config.Options()); n != 34+2+2 {
		t.Errorf("%d options: bring TestPrecedence up to date, but for config, the secret and the files of TLS", n)
	}
	for _, o := range config.Options() {
		if o.Help == "" || o.Usage() == "" || strings.HasSuffix(o.Help, ".") {
			t.Errorf("%s has the help %q", o.Name, o.Help)
		}
	}
}

func TestTypedValues(t *testing.T) {
	got := world{
		env: map[string]string{"MUSTER_MAIL_SMTP_PASSWORD": "hunter2", "XDG_DATA_HOME": "/xdg/data", "XDG_CONFIG_HOME": "relative"},
		file: `
host_key = "keys/host"          # relative to this file
listen = "0.0.0.0:2022"
sign_up = "open"
proxy_from = ["10.1.2.3/8", "::1"]
mouse = false

[mail]
from = "Muster <muster@acme.dev>"
folder = "~/mails"
smtp = { host = "mail.acme.dev", tls = "tls", user = "muster", plaintext = true }

[log]
level = "debug"

[keys]
approve = "y"
reject = ["n", "ctrl+x"]
quit = []
"members.remove" = "D"

[plans.team]
seats = 20
price = "5 € a seat"

[plans.school]
workspaces = 0
credits = 7
api_rate = 8
personal = false
features = ["flat_roles"]
`}.must(t)
	plans := models.DefaultPlans()
	team := plans["team"]
	team.Seats, team.Price = 20, "5 € a seat"
	plans["team"] = team
	plans["school"] = models.Plan{Name: "school", Credits: 7, APIRate: 8, Features: []models.Feature{models.FeatureFlatRoles}}
	want := &config.Config{
		File: home + "/.config/muster/config.toml", Data: "/xdg/data/muster",
		Listen: "0.0.0.0:2022", Address: config.Address{Host: "box.example.com", Port: 2022},
		HostKey: home + "/.config/muster/keys/host", SignUp: true, CreateOrganizations: "anyone",
		ProxyFrom: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128")}, Limits: models.DefaultInviteLimits(),
		Mail: config.Mail{Mode: "smtp", Folder: home + "/mails", From: "Muster <muster@acme.dev>",
			SMTP: config.SMTP{Host: "mail.acme.dev", Port: 465, TLS: "tls", User: "muster", Password: "hunter2", Plaintext: true}},
		Log: config.Log{Format: "text", Level: slog.LevelDebug}, Theme: "auto", Notifications: "bell",
		Colours: map[string]string{}, Keys: map[string][]string{"approve": {"y"}, "reject": {"n", "ctrl+x"}, "quit": {}, "members.remove": {"D"}},
		Plans: plans,
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(config.Config{}), cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
	shown := fmt.Sprintf("%+v %v", got, got.Settings())
	if strings.Contains(shown, "hunter2") || !strings.Contains(shown, "{mail.smtp.password (set) MUSTER_MAIL_SMTP_PASSWORD}") {
		t.Errorf("shown as %s", shown)
	}
	for name, line := range map[string]int{"mail.from": 9, "mail.smtp.host": 11, "log.level": 14, "keys.approve": 17, "plans.team.price": 24, "plans.school.api_rate": 29} {
		if want := fmt.Sprintf("%s:%d", got.File, line); got.Origin(name) != want {
			t.Errorf("%s from %s, want %s", name, got.Origin(name), want)
		}
	}
}

func TestDerivedValues(t *testing.T) {
	for name, tt := range map[string]struct {
		w    world
		want string
		get  func(*config.Config) string
	}{
		"address of one interface": {world{args: []string{"--listen=192.0.2.7:99"}}, "192.0.2.7:99",
			func(c *config.Config) string { return c.Address.String() }},
		"address of all, IPv6": {world{args: []string{"--listen=[::]:99"}}, "box.example.com:99",
			func(c *config.Config) string { return c.Address.String() }},
		"address without a port": {world{args: []string{"--address=muster.acme.dev"}}, "muster.acme.dev:22",
			func(c *config.Config) string { return c.Address.String() }},
		"address IPv6 without a port": {world{args: []string{"--address=2001:db8::1"}}, "[2001:db8::1]:22",
			func(c *config.Config) string { return c.Address.String() }},
		"host key follows data": {world{args: []string{"--data=/d"}}, "/d/host_key",
			func(c *config.Config) string { return c.HostKey }},
		"a folder means folder": {world{env: map[string]string{"MUSTER_MAIL_FOLDER": "/m"}}, "folder muster@localhost",
			func(c *config.Config) string { return c.Mail.Mode + " " + c.Mail.From }},
		"a server means smtp, even with a folder": {world{env: map[string]string{"MUSTER_MAIL_FOLDER": "/m", "MUSTER_MAIL_SMTP_HOST": "h", "MUSTER_MAIL_FROM": "a@b.dev"}}, "smtp",
			func(c *config.Config) string { return c.Mail.Mode }},
		"what is said counts more": {world{env: map[string]string{"MUSTER_MAIL_SMTP_HOST": "h", "MUSTER_MAIL_MODE": "none"}}, "none",
			func(c *config.Config) string { return c.Mail.Mode }},
		"home in the environment": {world{env: map[string]string{"MUSTER_DATA": "~/m"}}, home + "/m",
			func(c *config.Config) string { return c.Data }},
		"another file": {world{args: []string{"--config=/etc/m.toml"}, file: `theme = "dark"`, at: "/etc/m.toml"}, "dark /etc/m.toml:1",
			func(c *config.Config) string { return c.Theme + " " + c.Origin("theme") }},
		"another file by environment": {world{env: map[string]string{"MUSTER_CONFIG": "/etc/m.toml"}, file: `data = "d"`, at: "/etc/m.toml"}, "/etc/d",
			func(c *config.Config) string { return c.Data }},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tt.get(tt.w.must(t)); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestErrors(t *testing.T) {
	at := home + "/.config/muster/config.toml"
	for name, tt := range map[string]struct {
		w                    world
		field, message, hint string
	}{
		"bad flag":          {world{args: []string{"--theme=neon"}}, "theme", `--theme: theme has to be auto, light, dark or mono, not "neon"`, ""},
		"bad environment":   {world{env: map[string]string{"MUSTER_SIGN_UP": "yes\x1b"}}, "sign_up", `MUSTER_SIGN_UP: sign_up has to be open or closed, not "yes\x1b"`, ""},
		"bad in the file":   {world{file: "\n\nlisten = 2222"}, "listen", at + `:3: listen has to be host:port or :port, not "2222"`, ""},
		"bad port":          {world{args: []string{"--listen=:99999"}}, "listen", "host:port or :port", ""},
		"bad smtp port":     {world{file: "[mail.smtp]\nport = 0"}, "mail.smtp.port", at + ":2: mail.smtp.port has to be a port from 1 to 65535", ""},
		"bad address":       {world{args: []string{"--address=-oProxyCommand=x"}}, "address", "host or host:port", ""},
		"URL as address":    {world{args: []string{"--address=ssh://muster.acme.dev"}}, "address", "host or host:port", ""},
		"bad network":       {world{env: map[string]string{"MUSTER_PROXY_FROM": "10.0.0.0/8,all"}}, "proxy_from", "IP addresses or networks", ""},
		"bad sender":        {world{file: "[mail]\nfrom = \"me\""}, "mail.from", at + ":2: mail.from has to be an address", ""},
		"syntax":            {world{file: "theme = \"dark\"\nmouse = maybe\n"}, "config", at + ":2: ", "TOML"},
		"twice":             {world{file: "theme = \"dark\"\ntheme = \"mono\"\n"}, "config", at + ":2: ", "TOML"},
		"unknown":           {world{file: "\ntheem = \"dark\""}, "theem", at + ":2: there is no option theem", "did you mean theme?"},
		"unknown below":     {world{file: "[mail.smtp]\n\nhots = \"x\""}, "mail.smtp.hots", at + ":3: there is no option mail.smtp.hots", "did you mean mail.smtp.host?"},
		"table left out":    {world{file: "[smtp]\nhost = \"x\""}, "smtp", "there is no option smtp", "did you mean mail.smtp?"},
		"unlike any":        {world{file: "zzzzzzzzzz = 1"}, "zzzzzzzzzz", "there is no option", "`muster config`"},
		"table as value":    {world{file: "mail = \"smtp\""}, "mail", at + ":1: mail is a table", "[mail]"},
		"value as table":    {world{file: "[theme]\nx = 1"}, "theme", at + ":1: theme cannot be a table", ""},
		"fraction":          {world{file: "listen = 1.5"}, "listen", "listen cannot be a fraction", ""},
		"bool":              {world{file: "theme = true"}, "theme", "theme cannot be true or false", ""},
		"date":              {world{file: "theme = 2026-08-01"}, "theme", "theme cannot be a date or time", ""},
		"list":              {world{file: "proxy_from = [1]"}, "proxy_from", "proxy_from cannot be such a list", ""},
		"file in the file":  {world{file: "config = \"/x\""}, "config", "cannot be set in the file itself", "--config"},
		"password":          {world{file: "[mail.smtp]\npassword = \"hunter2\""}, "mail.smtp.password", at + ":2: mail.smtp.password cannot be set in the file", "MUSTER_MAIL_SMTP_PASSWORD"},
		"named file gone":   {world{args: []string{"--config=/gone"}}, "config", "cannot read the configuration file /gone: file does not exist", ""},
		"http for all":      {world{args: []string{"--http=:8080"}}, "http", `--http: http without TLS must be an address of this machine, like 127.0.0.1:8080, not ":8080"`, "http_proxy_from"},
		"http by name":      {world{args: []string{"--http=example.com:8080"}}, "http", "an address of this machine", "tls.cert"},
		"half of TLS":       {world{args: []string{"--tls-cert=/c"}}, "tls.key", "tls.key is missing, and tls.cert is set (--tls-cert)", "set both"},
		"other half":        {world{file: "[tls]\nkey = \"k\""}, "tls.cert", "tls.cert is missing, and tls.key is set (" + at + ":2)", "set both"},
		"bad http":          {world{args: []string{"--http=8080"}}, "http", "host:port or :port", ""},
		"bad proxy":         {world{args: []string{"--http-proxy-from=all"}}, "http_proxy_from", "IP addresses or networks", ""},
		"smtp, no host":     {world{env: map[string]string{"MUSTER_MAIL_MODE": "smtp"}}, "mail.smtp.host", "mail.smtp.host is missing, and mail.mode is smtp (MUSTER_MAIL_MODE)", "mail.smtp.host"},
		"smtp, no sender":   {world{env: map[string]string{"MUSTER_MAIL_SMTP_HOST": "h"}}, "mail.from", "mail.from is missing", "mail.from"},
		"colours no table":  {world{file: "colours = 1"}, "colours", "colours has to hold the tables light and dark", "[colours.light]"},
		"colours no ground": {world{file: "[colours]\naccent = \"#005f87\""}, "colours.accent", at + ":2: colours has to hold the tables", "[colours.light]"},
		"colour hostile":    {world{file: "[colours.light]\naccent = \"\\u001b[2J\""}, "colours.light.accent", "has to be a colour", "#005f87"},
		"colour list":       {world{file: "[colours.light]\naccent = [1]"}, "colours.light.accent", at + ":2: colours.light.accent has to be a colour", "#005f87"},
		"keys no table":     {world{file: "keys = 1"}, "keys", "keys has to be a table", "[keys]"},
		"key number":        {world{file: "[keys]\nquit = 1"}, "keys.quit", at + ":2: keys.quit has to be a key or a list of keys", ""},
		"key list":          {world{file: "[keys]\nquit = [1]"}, "keys.quit", "a key or a list of keys", ""},
		"key empty":         {world{file: "[keys]\nquit = \"\""}, "keys.quit", "keys are named like", ""},
		"key hostile":       {world{file: "[keys]\nquit = \"\\u001b[2J\""}, "keys.quit", `names the key "\x1b[2J"`, ""},
		"plans no table":    {world{file: "plans = 1"}, "plans", "a table for each plan", "[plans.team]"},
		"plan no table":     {world{file: "[plans]\nteam = 1"}, "plans", "a table for each plan", "[plans.team]"},
		"plan name":         {world{file: "[plans.\"Big Team\"]\nseats = 1"}, "plans.Big Team", "lower-case", ""},
		"plan option":       {world{file: "[plans.team]\nseat = 1"}, "plans.team.seat", at + ":2: there is no option plans.team.seat", "did you mean seats?"},
		"plan option far":   {world{file: "[plans.team]\nzzzzzzz = 1"}, "plans.team.zzzzzzz", "there is no option", "a plan has api_rate, credits"},
		"seats negative":    {world{file: "[plans.team]\nseats = -1"}, "plans.team.seats", at + ":2: plans.team.seats has to be a number from 0", ""},
		"seats as text":     {world{file: "[plans.team]\nseats = \"9\""}, "plans.team.seats", "a number from 0", ""},
		"seats huge":        {world{file: "[plans.team]\nseats = 9223372036854775807"}, "plans.team.seats", "a number from 0", ""},
		"price hostile":     {world{file: "[plans.team]\nprice = \"a\\u202e\""}, "plans.team.price", "a short text on one line", ""},
		"feature unknown":   {world{file: "[plans.team]\nfeatures = [\"magic\"]"}, "plans.team.features", "a list of features: workspaces,", ""},
		"feature no list":   {world{file: "[plans.team]\nfeatures = \"workspaces\""}, "plans.team.features", "a list of features", ""},
		"personal":          {world{file: "[plans.team]\npersonal = \"no\""}, "plans.team.personal", "true or false", ""},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := tt.w.load()
			var e *models.Error
			if !errors.As(err, &e) {
				t.Fatalf("got %+v, error %v", c, err)
			}
			if e.Code != models.CodeInvalid || e.Field != tt.field || !strings.Contains(e.Message, tt.message) || !strings.Contains(e.Hint, tt.hint) {
				t.Errorf("got  field %s, %s, hint %s\nwant field %s, %s, hint %s", e.Field, e.Message, e.Hint, tt.field, tt.message, tt.hint)
			}
			if tt.hint == "" && e.Hint != "" {
				t.Errorf("unexpected hint %s", e.Hint)
			}
			if models.SafeText(e.Message) != e.Message || strings.Contains(e.Message+e.Hint, "hunter2") {
				t.Errorf("%q is not fit to be shown", e.Message)
			}
		})
	}
}

func TestMailPassword(t *testing.T) {
	for name, tt := range map[string]struct {
		env     map[string]string
		content string
		want    string
		err     string
	}{
		"none":             {nil, "", "", ""},
		"environment":      {map[string]string{"MUSTER_MAIL_SMTP_PASSWORD": "a", "MUSTER_MAIL_SMTP_PASSWORD_FILE": "/p"}, "b", "a", ""},
		"file":             {map[string]string{"MUSTER_MAIL_SMTP_PASSWORD_FILE": "/p"}, " b c \r\n", " b c ", ""},
		"file empty":       {map[string]string{"MUSTER_MAIL_SMTP_PASSWORD_FILE": "/p"}, "\n", "", "/p must contain one line"},
		"file of two":      {map[string]string{"MUSTER_MAIL_SMTP_PASSWORD_FILE": "/p"}, "hunter2\nx", "", "/p must contain one line"},
		"file that's gone": {map[string]string{"MUSTER_MAIL_SMTP_PASSWORD_FILE": "/gone"}, "", "", "cannot read /gone: file does not exist"},
	} {
		t.Run(name, func(t *testing.T) {
			c := world{env: tt.env}.must(t)
			got, err := c.MailPassword(func(path string) ([]byte, error) {
				if path != "/p" {
					return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
				}
				return []byte(tt.content), nil
			})
			if tt.err != "" {
				var e *models.Error
				if !errors.As(err, &e) || !strings.Contains(e.Message, tt.err) || strings.Contains(e.Message, "hunter2") {
					t.Errorf("got %v, want %q", err, tt.err)
				}
				return
			}
			if err != nil || got.Reveal() != tt.want {
				t.Errorf("got %q, %v, want %q", got.Reveal(), err, tt.want)
			}
		})
	}
}

func TestBindFlags(t *testing.T) {
	flags := pflag.NewFlagSet("muster", pflag.ContinueOnError)
	config.BindFlags(flags, "listen", "mail.smtp.host")
	if f := flags.Lookup("mail-smtp-host"); f == nil || f.Usage == "" {
		t.Errorf("got %+v", f)
	}
	if f := flags.Lookup("listen"); f == nil || f.DefValue != ":2222" {
		t.Errorf("got %+v", f)
	}
	for _, name := range []string{"gone", "mail.smtp.password"} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s got a flag", name)
				}
			}()
			config.BindFlags(flags, name)
		}()
	}
}
