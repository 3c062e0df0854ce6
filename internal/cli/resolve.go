package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"

	"muster/internal/op"
	"muster/internal/sshkey"
	"muster/models"
	"muster/store"
)

// number reads what pflag, or whoever wrote the table, has made a number.
func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil { // "" is no number given
		return 0
	}
	return n
}

// resolve puts what a command line does not say where the operation wants it:
// the organization one works in, the code of the login.
func (c *cli) resolve(ctx context.Context, r *op.Row, in any) error {
	for _, f := range r.Fields {
		if f.From == "" {
			continue
		}
		if err := c.resolveField(ctx, r, f, in); err != nil {
			return err
		}
	}
	return nil
}

// keptOut finds the organization that a command names among the actor's own,
// which say no more than code and name of one that keeps them out. Leaving needs
// no more.
func (c *cli) keptOut(ctx context.Context, s *store.Store, a models.Actor, why error) (models.Organization, error) {
	ref := c.org
	if r := c.env.Remote; r != nil && ref == "" {
		ref = r.Login
	}
	own, err := s.ListOrganizations(ctx, a)
	if err != nil {
		return models.Organization{}, err
	}
	for _, e := range own {
		if e.Requirement != "" && (e.ID == ref || models.NormCode(e.Code) == models.NormCode(ref)) {
			return models.Organization{ID: e.ID, Code: e.Code, Name: e.Name}, nil
		}
	}
	return models.Organization{}, why
}

func (c *cli) resolveField(ctx context.Context, r *op.Row, f op.Field, in any) error {
	given := f.Of(in).String()
	from, unless, _ := strings.Cut(f.From, " unless ")
	if other, ok := r.Field(unless); ok && other.Of(in).String() != "" {
		return nil
	}
	switch from {
	case "org", "log":
		if log, ok := r.Field("Installation"); ok && log.Of(in).Bool() {
			c.where = "the installation"
			f.Set(in, models.InstallationLog)
			return nil
		}
		if given != "" {
			c.org = given
		}
		s, a, org, err := c.inOrg(ctx)
		if r.Name == "member.leave" && models.RequirementOf(err) != "" {
			org, err = c.keptOut(ctx, s, a, err)
		}
		c.here, c.where = org, org.Code
		f.Set(in, org.ID)
		return err
	case "name":
		s, a, err := c.signedIn(ctx)
		if err != nil {
			return err
		}
		ref, err := named(ctx, s, a, given)
		f.Set(in, ref)
		return err
	case "scope":
		org, err := c.userScope(ctx)
		c.here = org
		f.Set(in, org.ID)
		return err
	case "invitation":
		id, _ := r.Field("ID")
		org, found, err := c.findInvitation(ctx, r, id.Of(in).String())
		if err == nil {
			f.Set(in, org)
			id.Set(in, found)
		}
		return err
	case "login":
		if given == "" {
			f.Set(in, c.env.Remote.Login)
		}
	}
	return nil
}

// findInvitation takes an id, or the address of an open or expired invitation
// of the chosen organization; where closed ones are deleted, of the only one that is
// closed. With an id the organization stays empty: the id is enough.
func (c *cli) findInvitation(ctx context.Context, r *op.Row, word string) (org, id string, err error) {
	if !strings.Contains(word, "@") {
		return "", word, nil
	}
	s, a, v, err := c.inOrg(ctx)
	if err != nil {
		return "", "", err
	}
	kind := "open"
	q := models.InvitationQuery{Search: word, Limit: models.MaxLimit,
		States: []models.InvitationState{models.StateRequested, models.StatePending, models.StateExpired}}
	if r.Name == "invitation.delete" {
		q.States, q.All, kind = statesFor(r), true, "closed"
	}
	page, err := s.ListInvitations(ctx, a, v.ID, q)
	if err != nil {
		return "", "", err
	}
	of := slices.DeleteFunc(page.Items, func(inv models.Invitation) bool { return models.NormEmail(inv.Email) != models.NormEmail(word) })
	switch {
	case len(of) == 0:
		return "", "", models.Errorf(models.CodeNotFound, "there is no %s invitation of %s", kind, word).
			WithHint("`muster invite list --search %s` shows the others with their ids", word)
	case q.All && len(of) > 1:
		return "", "", models.Errorf(models.CodeConflict, "there are %d closed invitations of %s", len(of), word).
			WithHint("name one by its id: `muster invite list --all --search %s`", word)
	}
	return v.ID, of[0].ID, nil
}

// read takes the texts of an input from files and standard input.
func (c *cli) read(r *op.Row, in any) error {
	for _, f := range r.Fields {
		word := ""
		if f.Read != "" {
			word = f.Of(in).String()
		}
		var text string
		var err error
		switch f.Read {
		case "key":
			if word == "" && f.Flag != "" {
				continue // an option that was not given
			}
			text, err = c.readKey(word)
		case "code":
			text, err = c.readCode(word)
		case "secret":
			text, err = c.readSecret()
		case "list":
			var list []byte
			list, err = c.readList(word)
			text = string(list)
		case "org":
			text, err = c.readOrgFile(word)
		default:
			continue
		}
		if err != nil {
			return err
		}
		f.Set(in, text)
	}
	return nil
}

// readSecret reads an API key from standard input. As a word of a command it would
// stay in the history of a shell and in lists of processes.
func (c *cli) readSecret() (string, error) {
	if c.env.Terminal {
		c.note("paste the API key, then enter")
	}
	line, err := c.readLine()
	if err != nil {
		return "", err
	}
	if text := strings.TrimSpace(line); text != "" {
		return text, nil
	}
	return "", usage("no API key came on standard input").WithHint("send it there, never as a word of the command: api-key verify < FILE")
}

// maxKeyText bounds what is read as a public key; sshkey.Parse refuses less.
const maxKeyText = 64 << 10

// readKey takes the text of a public key, or of a signature by it, from a file, over SSH from the words
// themselves, else from standard input.
func (c *cli) readKey(word string) (string, error) {
	if word != "" && word != "-" {
		if c.env.Remote == nil {
			return sshkey.LoadText(word)
		}
		if !strings.ContainsAny(word, " \t") {
			return "", usage("files are not read over SSH").
				WithHint("send the key on standard input: ssh HOST key add < key.pub")
		}
		return word, nil
	}
	if c.env.Terminal {
		c.note("paste a public key, or a signature by it, then ctrl+d")
	}
	text, err := io.ReadAll(io.LimitReader(c.env.In, maxKeyText))
	if err != nil {
		return "", err
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return "", usage("no key came on standard input").WithHint("one line of a .pub file is needed")
	}
	return string(text), sshkey.CheckText(text)
}

// maxCodeLine bounds what is read as a code.
const maxCodeLine = 256

// readCode reads up to the end of a line and no further, so that a person can
// type a code without closing the input. It is read byte by byte: nobody else
// reads what follows.
func (c *cli) readCode(word string) (string, error) {
	if word == "" {
		c.note("type the code, then enter")
		var err error
		if word, err = c.readLine(); err != nil {
			return "", err
		}
	}
	code := models.NormFactorCode(word)
	if code == "" {
		return "", usage("a code is missing").WithHint("give it as an argument or on standard input")
	}
	return code, nil
}

// readLine reads up to the end of the first line that is not empty.
func (c *cli) readLine() (string, error) {
	var line []byte
	b := make([]byte, 1)
	for len(line) < maxCodeLine {
		n, err := c.env.In.Read(b)
		if n == 1 && (b[0] == '\n' || b[0] == '\r') && len(line) > 0 {
			break
		}
		line = append(line, b[:n]...)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", err
		}
	}
	return string(line), nil
}

// readList reads a list of people from a file, or from standard input.
func (c *cli) readList(name string) ([]byte, error) {
	in := c.env.In
	switch {
	case name == "-":
		if c.env.Terminal {
			c.note("paste the list, then ctrl+d")
		}
	case c.env.Remote != nil:
		return nil, usage("files are not read over SSH").
			WithHint("send the list on standard input: ssh HOST invite import - < people.csv")
	default:
		f, err := os.Open(name)
		if err != nil {
			return nil, models.Errorf(models.CodeNotFound, "cannot read the list: %v", err)
		}
		defer f.Close()
		in = f
	}
	text, err := io.ReadAll(io.LimitReader(in, models.MaxImportBytes+1))
	if err != nil {
		return nil, models.Errorf(models.CodeInvalid, "cannot read the list: %v", err)
	}
	return text, nil
}

// progress tells whoever sits at a terminal how far an operation is, on a line
// that is written over and in the end wiped.
func (c *cli) progress(r *op.Row) func(done, total int) {
	verb := wordsFor(r.Name).busy
	if verb == "" || !c.env.Terminal || c.json {
		return nil
	}
	return func(done, total int) {
		line := fmt.Sprintf("%s: %d of %d", verb, done, total)
		if done == total {
			line = strings.Repeat(" ", len(line)) + "\r"
		}
		// What happens does not depend on whether it can be shown.
		_, _ = io.WriteString(c.env.Err, "\r"+line)
	}
}
