// Package plain is the app in lines: the same panes for terminals that cannot
// draw and for people who use a screen reader. It writes numbered lines, asks
// questions and reads answers. It never moves a cursor, and nothing is written
// that nobody asked for.
//
// What can be done stands in tables of operations (panes_*.go); what an
// operation asks, shows and refuses comes from its row in internal/op, the words
// from the door, and the rules from models.
package plain

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"muster/internal/op"
	"muster/models"
	"muster/store"
)

// Door is where the session runs: it reads and writes, runs operations, and has
// their words.
type Door interface {
	// Ask writes a question and gives the line that is typed. The error is io.EOF
	// when no more lines come.
	Ask(question string) (string, error)
	Say(line string) error
	// Fail says why something did not come about.
	Fail(err error) error
	// Do runs an operation as an actor, which is Me but for what is noted for
	// undoing. Where the operation wants an agreement it shows the consequences and
	// asks first; a no is ErrDeclined.
	Do(ctx context.Context, as models.Actor, r *op.Row, in any) (out any, err error)
	// Show writes an answer. The rows of a list are numbered from first on, unless
	// that is 0.
	Show(ctx context.Context, r *op.Row, out any, first int) error
	// InOrg makes an organization the one that operations are in.
	InOrg(org models.OrgView)
	// Me is the actor, who changes when somebody gets an account; SignIn says so.
	Me() models.Actor
	SignIn(userID string)
	// Try counts a code that somebody types, and refuses too many.
	Try(ctx context.Context) error
}

// ErrDeclined is the error of Do when the person did not agree.
var ErrDeclined = errors.New("not confirmed")

// How menus end, beside nil for one step back.
var (
	errQuit = errors.New("quit")
	errHome = errors.New("to the first menu")
)

// Session is one person at one door.
type Session struct {
	Door
	Store *store.Store
	Now   func() time.Time

	me     store.Me
	org    models.OrgView
	access models.Access
	steps  []step // what undo takes back, the newest last
	// changed says that the person has changed something since a list was read out.
	changed bool
}

// Run shows an organization, "" for that of last time, and in it a pane, if one
// is named. It ends when the person quits or no more lines come.
func (s *Session) Run(ctx context.Context, org, pane string) error {
	err := s.Say("muster in plain lines. Type a number and press enter; h explains, q quits.")
	if err == nil {
		err = s.openOrg(ctx, org)
	}
	if err == nil && pane != "" {
		for _, p := range s.panes() {
			if p.name == pane {
				err = s.show(ctx, p)
			}
		}
	}
	for err == nil || errors.Is(err, errHome) {
		err = s.home(ctx)
	}
	return over(err)
}

// over makes an end that was asked for no error.
func over(err error) error {
	if errors.Is(err, errQuit) || errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// openOrg opens an organization. Where it keeps the person out, the answer says so,
// and their personal workspace opens.
func (s *Session) openOrg(ctx context.Context, ref string) error {
	s.steps = nil
	var err error
	if s.me, err = s.Store.Me(ctx, s.Me()); err != nil {
		return err
	}
	refs := []string{ref, s.me.CurrentOrg}
	own, err := s.Store.ListOrganizations(ctx, s.Me())
	if err != nil {
		return err
	}
	for _, o := range own {
		if o.Relation == models.RelPersonal {
			refs = append(refs, o.ID)
		}
	}
	for i, ref := range refs {
		if ref == "" || i > 0 && ref == refs[i-1] {
			continue
		}
		v, err := s.Store.Organization(ctx, s.Me(), ref)
		if err == nil {
			s.at(v)
			return nil
		}
		if models.CodeOf(err) == models.CodeInternal || ctx.Err() != nil {
			return err
		}
		if err := s.Fail(err); err != nil {
			return err
		}
	}
	return models.Errorf(models.CodeNotFound, "you belong to no organization")
}

func (s *Session) at(v models.OrgView) {
	s.org, s.access = v, v.Access(s.Me().Subject())
	s.InOrg(v)
}

// refresh looks up what the person may do now. Whoever was removed meanwhile is
// told so and goes where they still belong.
func (s *Session) refresh(ctx context.Context) error {
	v, err := s.Store.Organization(ctx, s.Me(), s.org.ID)
	switch {
	case err == nil:
		s.at(v)
		return nil
	case models.CodeOf(err) == models.CodeInternal || ctx.Err() != nil:
		return err
	}
	if err := s.Say("You no longer have access to " + s.org.Name + "."); err != nil {
		return err
	}
	if err := s.openOrg(ctx, ""); err != nil {
		return err
	}
	return errHome
}

func (s *Session) do(ctx context.Context, r *op.Row, in any) (any, error) {
	return s.Do(ctx, s.Me(), r, in)
}

func (s *Session) shared() bool { return s.org.Kind != models.KindPersonal }

// name is what the open organization is called.
func (s *Session) name() string {
	if !s.shared() {
		return "Personal workspace"
	}
	return s.org.Name + " (" + s.org.Code + ")"
}

// home is the first menu: the panes.
func (s *Session) home(ctx context.Context) error {
	if err := s.refresh(ctx); err != nil {
		return err
	}
	role := "site admin"
	if s.org.Role != "" {
		role = s.org.Given().Label()
	}
	lines := []string{"", s.name() + ". You are " + s.me.Email + ", " + role + "."}
	if s.org.MOTD != "" {
		lines = append(lines, s.org.MOTD)
	}
	panes := s.panes()
	for i, p := range panes {
		line := strconv.Itoa(i+1) + ". " + p.title
		if p.count != nil {
			if n := p.count(s); n != "" {
				line += ", " + n
			}
		}
		lines = append(lines, line)
	}
	if err := s.sayAll(lines...); err != nil {
		return err
	}
	for {
		word, err := s.prompt(ctx, "Pane: ")
		if err != nil {
			return err
		}
		p := named(panes, word)
		switch n := number(word); {
		case word == "r", word == "b":
			return nil
		case n > 0 && n <= len(panes):
			err = s.show(ctx, panes[n-1])
		case p != nil:
			err = s.show(ctx, p)
		default:
			err = s.unknown(word, len(panes))
		}
		if err != nil {
			return err
		}
	}
}

func named(panes []*pane, word string) *pane {
	for _, p := range panes {
		if p.name == word || strings.EqualFold(p.title, word) {
			return p
		}
	}
	return nil
}

const help = `Type what you want and press enter.
  a number  choose that line
  r         reload it
  a         actions of the list, such as inviting somebody
  f         filter the list
  n, p      next page, previous page
  b         back
  m         first menu, with all panes
  o         your organizations: switch, answer invitations, create one
  u         undo your last change, while it can be undone
  h         this help
  q         quit, as does ctrl+d
A question shows the value for an empty answer in brackets. ! cancels, ? lists what can be chosen.`

// prompt asks for what to do next, and sees to what can be typed anywhere.
func (s *Session) prompt(ctx context.Context, question string) (string, error) {
	for {
		line, err := s.Ask(question)
		if err != nil {
			return "", err
		}
		switch word := strings.ToLower(strings.TrimSpace(line)); word {
		case "":
		case "h", "help", "?":
			err = s.sayAll(strings.Split(help, "\n")...)
		case "u", "undo":
			err = s.undo(ctx)
		case "o", "organizations":
			err = s.show(ctx, organizationsPane())
			if err == nil {
				err = errHome
			}
		case "m", "menu":
			err = errHome
		case "q", "quit", "exit":
			err = errQuit
		default:
			return short(word), nil
		}
		if err != nil {
			return "", err
		}
	}
}

// short is the letter of a word that can be typed in full.
func short(word string) string {
	switch word {
	case "refresh", "actions", "filter", "next", "previous", "back":
		return word[:1]
	}
	return word
}

func (s *Session) unknown(word string, most int) error {
	switch {
	case number(word) > 0 && most == 0:
		return s.Say("There are no lines to choose.")
	case number(word) > 0:
		return s.Say(fmt.Sprintf("There is no line %s, only 1 to %d.", word, most))
	}
	return s.Say("Unknown: " + word + ". h explains what can be typed.")
}

func number(word string) int {
	n, err := strconv.Atoi(word)
	if err != nil {
		return 0
	}
	return n
}

func (s *Session) sayAll(lines ...string) error {
	for _, l := range lines {
		if err := s.Say(l); err != nil {
			return err
		}
	}
	return nil
}

// yes asks a question whose answer is no unless it is yes.
func (s *Session) yes(question string) (bool, error) {
	line, err := s.Ask(question + " [y/N] ")
	word := strings.ToLower(strings.TrimSpace(line))
	return word == "y" || word == "yes", err
}
