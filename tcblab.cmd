@echo off
rem The tcblab command. Sets this clone up first where needed.
where node >nul 2>nul || (echo tcblab: no Node found; get it with: winget install OpenJS.NodeJS.LTS 1>&2 & exit /b 3)
node "%~dp0tools\bootstrap\run.mjs" lab %*
exit /b %errorlevel%
