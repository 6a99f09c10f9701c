package browser

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// A user's engine plays in the page, too: the test binary of the package is compiled for
// it. What is kept of the change that was lost is what the law asks for.
func TestPlayerOfAPackage(t *testing.T) {
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../../../cmd/simrun/testdata/package")); err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs("../../..")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOFLAGS", "-mod=mod")
	t.Setenv("GOWORK", "off")
	for _, args := range [][]string{
		{"mod", "init", "example.com/store"},
		{"mod", "edit", "-require=powercut@v0.0.0", "-replace=powercut=" + root},
		{"mod", "tidy"},
	} {
		cmd := exec.CommandContext(t.Context(), "go", args...)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("go %v: %v\n%s", args, err, out)
		}
	}
	const text = "powercut case 2\n# a line is lost\ntarget test\ntest example.com/store TestParts/it_loses_(what_it_has)\n" +
		"law acknowledged-durable\nprofile ext4\nsector 512\nseed 1\nworkload\nepoch\ncrash 6 power-cut ext4 #3:size=0\nend\n"
	if err := os.WriteFile(filepath.Join(dir, "lost.case"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx := newTab(t, playerOf(t, "lost.case", dir))
	lost := settled(t, ctx)
	if lost.Tag != "acknowledged-durable broken" || strings.Join(lost.Survives, " ") != "no" {
		t.Fatalf("%+v", lost)
	}
	run(t, ctx, chromedp.Click(`#changes [data-change="0"]`))
	kept := settled(t, ctx)
	if kept.Tag != "every law holds" || strings.Join(kept.Survives, " ") != "yes" || !strings.Contains(kept.Case, "crash 6 power-cut ext4\n") {
		t.Errorf("%+v", kept)
	}
	keep(t, ctx, "player-package")
}
