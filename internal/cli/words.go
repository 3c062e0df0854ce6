package cli

import (
	"context"
	"maps"
	"sync"
)

// words are how an operation speaks to a person. JSON needs none of them.
type words struct {
	show func(c *cli, out any) error
	line func(c *cli, out any) string // show, where that is one sentence
	// ask is the question before it, with what its preview has shown.
	ask func(c *cli, shown any) string
	// after sees to what the answer does not wait for, like mail.
	after func(ctx context.Context, c *cli, outs []any)
	// verdict makes an answer decide the exit status.
	verdict func(c *cli, out any) error
	busy    string // what it is doing, while it takes long
}

// shows makes the words of an operation from how its answer looks.
func shows[Out any](f func(c *cli, out Out) error) words {
	return words{show: func(c *cli, out any) error { return f(c, out.(Out)) }}
}

// says is shows for answers of one line.
func says[Out any](f func(c *cli, out Out) string) words {
	w := shows(func(c *cli, out Out) error { return c.say("%s", f(c, out)) })
	w.line = func(c *cli, out any) string { return f(c, out.(Out)) }
	return w
}

// asking adds the question that comes before.
func asking[Shown any](w words, ask func(c *cli, shown Shown) string) words {
	w.ask = func(c *cli, shown any) string {
		v, _ := shown.(Shown) // nothing was shown for an operation without a preview
		return ask(c, v)
	}
	return w
}

// then adds what follows.
func then[Out any](w words, after func(ctx context.Context, c *cli, outs []Out)) words {
	w.after = func(ctx context.Context, c *cli, outs []any) {
		list := make([]Out, len(outs))
		for i, o := range outs {
			list[i] = o.(Out)
		}
		after(ctx, c, list)
	}
	return w
}

// judged adds what decides the exit status.
func judged[Out any](w words, verdict func(c *cli, out Out) error) words {
	w.verdict = func(c *cli, out any) error { return verdict(c, out.(Out)) }
	return w
}

// wordsFor gives the words of an operation.
func wordsFor(name string) words { return allWords()[name] }

var allWords = sync.OnceValue(func() map[string]words {
	all := map[string]words{}
	for _, some := range []map[string]words{
		orgWords(), transferWords(), memberWords(), inviteWords(), importWords(), linkWords(), codeWords(), numberWords(),
		workspaceWords(), projectWords(), settingsWords(), planWords(), paymentWords(), viewWords(), roleWords(), apiKeyWords(), serviceWords(), webhookWords(), keyWords(), factorWords(), userWords(), accountWords(),
		machineWords(), applyWords(), auditWords(), eventWords(), historyWords(), canIWords(),
	} {
		maps.Copy(all, some)
	}
	return all
})
