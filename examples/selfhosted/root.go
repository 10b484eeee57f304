package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/avanter/voki/examples/selfhosted/admin"
	"github.com/avanter/voki/examples/selfhosted/datadir"
)

// version is set at build time: -ldflags "-X main.version=v1.2.3".
var version string

// versionText is the version, or what the build knows in its place.
func versionText() string {
	if version != "" {
		return version
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return "development, " + s.Value[:12]
		}
	}
	return "development"
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "voki",
		Short: "Video-call customer service: queue, agents, recordings, one API",
		Long: `Voki is video-call customer service as a single binary.

Start with a demonstration, in a directory of its own:

  voki serve --demo --data ./demo-data

It prints an address, tokens and requests to try. To begin for real:

  voki serve --data ./voki-data

The first start writes ./voki-data/voki.yaml, which says who is who: edit it and start again.`,
		Version:           versionText(),
		SilenceUsage:      true,
		SilenceErrors:     true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.SetVersionTemplate("voki {{.Version}}\n")
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return fmt.Errorf("%w\nSee %s --help", err, c.CommandPath())
	})
	root.AddCommand(
		newServe(), newToken(), newTag(), newJobs(), newWebhook(), newImport(), newErase(), newExport(), newBackup(),
		newRestore(), newCheck(), newVersion(),
	)
	return root
}

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use: "version", Short: "Print the version", Args: cobra.NoArgs,
		Run: func(c *cobra.Command, _ []string) {
			fmt.Fprintf(c.OutOrStdout(), "voki %s %s %s/%s\n", versionText(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
		},
	}
}

// place is where the data and the configuration are.
type place struct {
	data   string
	config string
}

func (p *place) flags(c *cobra.Command) {
	c.Flags().StringVar(&p.data, "data", "./voki-data", "`directory` that holds everything")
	c.Flags().StringVar(&p.config, "config", "", "`file` that says who is who; without it, voki.yaml in the data directory")
}

func (p *place) dir() datadir.Dir { return datadir.Dir(p.data) }

// withData runs a command on the data, whether a server has it open or not.
func (p *place) withData(ctx context.Context, do func(admin.Ops) error) (err error) {
	session, err := admin.Open(ctx, p.dir(), p.config)
	if err != nil {
		return err
	}
	defer func() {
		if closing := session.Close(); err == nil {
			err = closing
		}
	}()
	return do(session)
}
