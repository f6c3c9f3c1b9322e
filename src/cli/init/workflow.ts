/**
 * @module
 * The GitHub workflow of a made project: rules are checked in a pull request, and published after the merge.
 */

/** Returns .github/workflows/rules.yml. */
export const rulesWorkflow = (): string => `# Checks rules in pull requests, and publishes them on main.
# Needs the secrets CLOUDFLARE_API_TOKEN (Workers KV Storage: Edit, Workers Scripts: Read) and CLOUDFLARE_ACCOUNT_ID.
name: rules
on:
  pull_request:
  push:
    branches: [main]
permissions:
  contents: read
  pull-requests: write
jobs:
  check:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with: { node-version: 24, cache: npm }
      - run: npm ci
      - run: npx edge-preflight check --format github
      - run: npx edge-preflight doctor
      - name: Show what publishing would change
        if: github.event_name == 'pull_request' && github.event.pull_request.head.repo.full_name == github.repository
        env:
          CLOUDFLARE_API_TOKEN: \${{ secrets.CLOUDFLARE_API_TOKEN }}
          CLOUDFLARE_ACCOUNT_ID: \${{ secrets.CLOUDFLARE_ACCOUNT_ID }}
          GH_TOKEN: \${{ github.token }}
        run: |
          { echo '\`\`\`'; npx edge-preflight publish --remote --dry-run; echo '\`\`\`'; } > comment.md
          gh pr comment \${{ github.event.pull_request.number }} --body-file comment.md
  publish:
    if: github.event_name == 'push'
    needs: check
    runs-on: ubuntu-latest
    concurrency: rules
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-node@v4
        with: { node-version: 24, cache: npm }
      - run: npm ci
      - env:
          CLOUDFLARE_API_TOKEN: \${{ secrets.CLOUDFLARE_API_TOKEN }}
          CLOUDFLARE_ACCOUNT_ID: \${{ secrets.CLOUDFLARE_ACCOUNT_ID }}
        run: npx edge-preflight publish --remote --yes
`
