"""Two hundred commands as developers type them, and the rules of somebody who allows most of it."""

from __future__ import annotations

__all__ = ["ORDINARY", "ORDINARY_RULES"]

ORDINARY_RULES = tuple(
    """
git status *
git diff *
git log *
git show *
git branch *
git add *
git commit *
git blame *
git stash *
git switch *
git checkout *
git fetch *
git rev-parse *
git ls-files *
npm run *
npm test *
npm install *
npm ci
npm ls *
pytest *
python -m pytest *
python -m mypy *
mypy *
ruff *
ls *
cat *
head *
tail *
wc *
grep *
rg *
find *
sed *
sort *
pwd
which *
mkdir *
touch *
cp *
mv *
diff *
tree *
du *
file *
stat *
go *
cargo *
make *
npx tsc *
npx eslint *
tsc *
eslint *
pip list *
pip show *
echo *
date *
basename *
dirname *
uniq *
cut *
jq *
docker ps
node --version
python --version
""".strip().splitlines()
)
ORDINARY = tuple(
    line
    for line in """
git status
git status --short
git diff
git diff HEAD~1
git diff --stat main...HEAD
git diff --cached -- src/app.py
git diff main -- 'src/*.py'
git log --oneline -20
git log -p -- src/a.py
git log --since="2 weeks ago" --author=ann
git log --format='%h %s' -5
git show HEAD
git show HEAD^:src/a.py
git show --stat HEAD~3
git branch -a
git branch --show-current
git add -A
git add src/a.py tests/test_a.py
git commit -m "Add the login form"
git commit -m 'Fix: empty lists; see #12'
git commit --amend --no-edit
git commit -am "Say why (and when)"
git blame src/a.py
git blame -L 10,20 src/a.py
git stash
git stash pop
git switch main
git switch -c feature/login
git checkout -- src/a.py
git checkout -b fix/empty-list
git fetch origin
git fetch --all --prune
git rev-parse HEAD
git rev-parse --abbrev-ref HEAD
git ls-files
git ls-files 'tests/*.py'
npm run test
npm run build
npm run lint -- --fix
npm run test -- --watch=false
npm run test:unit
npm test
npm test -- src/a.test.ts
npm install
npm install --save-dev vitest
npm install react@18.2.0
npm ci
npm ls --depth=0
pytest
pytest -q
pytest -x -q tests/test_a.py
pytest tests/test_a.py::test_one
pytest tests/test_a.py::TestA::test_two -vv
pytest -k "login and not slow"
pytest -m 'not soak' --tb=short
pytest --lf
pytest -n 2 tests
pytest --cov=src --cov-report=term-missing
pytest -q 2>&1
python -m pytest
python -m pytest -q tests
python -m pytest -x --maxfail=1 -k "parse or write"
python -m mypy src
python -m mypy --strict src tests
mypy src
mypy --strict src/a.py
ruff check .
ruff check --fix src
ruff format --check .
ruff check src --output-format=concise
ls
ls -la
ls -la src
ls src/ tests/
ls -R src
ls *.py
ls src/*.ts
ls -lh dist/*.js
cat README.md
cat src/a.py src/b.py
cat package.json
cat tests/fixtures/one.json
head -50 src/a.py
head -n 20 README.md
tail -100 server.log
tail -n +10 src/a.py
wc -l src/a.py
wc -l src/*.py
grep -rn "def login" src
grep -rn 'TODO' --include='*.py' .
grep -n "import" src/a.py
grep -E "^class [A-Z]" -r src
grep -rl "useState" src/
grep -c test tests/test_a.py
grep -A 5 -B 2 "raise" src/a.py
grep -rn "foo\\.bar" src
grep -i error server.log
rg login
rg -n "def \\w+\\(" src
rg -l TODO -g '*.ts'
rg --files
rg -A3 -B3 'class Login' src
rg "a|b" src --type py
find . -name "*.py"
find . -name '*.ts' -not -path './node_modules/*'
find src -type f
find . -maxdepth 2 -type d
find tests -name "test_*.py" -newer setup.py
find . -size +1M
sed -n '1,50p' src/a.py
sed -n 10,20p src/a.py
sed -n '$p' README.md
sed -n '/start/,/end/p' src/a.py
sed 's/a/b/' src/a.py
sort names.txt
sort -u names.txt
sort -k2 -n table.txt
pwd
which python
which node npm
mkdir -p src/components
mkdir build
touch src/__init__.py
cp src/a.py src/b.py
cp -r templates/x src/x
mv src/a.py src/c.py
diff src/a.py src/b.py
diff -u old.txt new.txt
tree -L 2
tree src
du -sh .
du -sh node_modules
file dist/app
stat src/a.py
go test ./...
go test -run TestLogin ./internal/auth
go build ./...
go vet ./...
go mod tidy
go fmt ./...
cargo test
cargo test --lib parser
cargo build --release
cargo clippy -- -D warnings
cargo check
cargo fmt --check
make
make test
make build lint
make -j4 all
npx tsc --noEmit
npx tsc -p tsconfig.json
npx eslint src
npx eslint src --ext .ts,.tsx
tsc --noEmit
eslint . --fix
pip list
pip show textual
echo done
echo "all tests pass"
date
date -u
basename src/a.py
dirname src/a.py
uniq -c names.txt
cut -d, -f1 table.csv
jq '.scripts' package.json
jq -r .version package.json
node --version
python --version
git status -sb
git diff --name-only
git log --graph --oneline --all
git show --name-only HEAD
cat src/components/Login.tsx
cat .github/workflows/ci.yml
ls -1 tests
head -5 CHANGELOG.md
grep -rn "class.*Model" app/models
grep -v '^#' .env.example
rg -c "assert" tests
find . -name package.json
npm run typecheck
npm run dev -- --port 3000
pytest tests/unit tests/integration
python -m pytest tests --durations=10
mypy .
ruff check . --select E,F
cargo run --example demo
go run ./cmd/app
make -n deploy
cd src && ls
npm run build && npm test
git add . && git commit -m "x"
pytest -q | tail -20
git log --oneline | head -5
cat a.txt | grep x | wc -l
FOO=1 npm test
npm test > out.txt
for f in *.py; do echo $f; done
python -c "print(1)"
export PATH=$PATH:/x
cat $HOME/.profile
ls; pwd
""".strip().splitlines()
)
