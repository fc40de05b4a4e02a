import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Controller, Get, Injectable, Module, UseGuards } from '@nestjs/common';
import { BffModule, type BffOptionsInput, CurrentUser, OptionsError, SessionGuard } from '../src/bff/index.js';
import { startHost, surroundings, type Surroundings } from './support/host.js';
import { HttpBrowser } from './support/http-browser.js';
import { script } from './support/scene.js';

@Controller('me')
@UseGuards(SessionGuard)
class MeController {
  @Get()
  show(@CurrentUser() user: unknown) {
    return user;
  }
}

let around: Surroundings;
beforeAll(async () => {
  around = await surroundings();
});
afterAll(() => around.hostile.close());

const asyncOf = (useFactory: () => BffOptionsInput | Promise<BffOptionsInput>, pathPrefix = '') =>
  BffModule.forRootAsync({ useFactory, pathPrefix });

describe('BffModule.forRootAsync', () => {
  it('takes options from a factory with what it injects, and a path prefix beside it', async () => {
    @Injectable()
    class Settings {
      readonly options = around.options;
    }
    @Module({ providers: [Settings], exports: [Settings] })
    class SettingsModule {}
    const bff = BffModule.forRootAsync({
      imports: [SettingsModule],
      inject: [Settings],
      useFactory: async ({ options }: Settings) => options,
      pathPrefix: '/auth',
    });
    const host = await startHost(around, bff, [MeController]);
    const browser = new HttpBrowser();
    await browser.navigate(`${host.url}/auth/login?return_to=/me`);
    expect(browser.url).toBe(`${host.url}/me`);
    expect((await script(browser, `${host.url}/me`)).json()).toEqual({ sub: 'alice' });
    expect((await script(browser, `${host.url}/auth/session`)).json()).toMatchObject({ authenticated: true });
    await host.close();
  });

  it('with wrong options doesn’t start, and lists all mistakes at once', async () => {
    const wrong = {
      ...around.options,
      keys: ['short'],
      publicUrl: 'nowhere',
      scope: 'profile',
      secret: 'x',
    };
    const started = startHost(
      around,
      asyncOf(() => wrong),
      [],
    );
    await expect(started).rejects.toBeInstanceOf(OptionsError);
    const error = await started.catch((thrown: unknown) => String(thrown));
    for (const option of ['keys', 'publicUrl', 'scope', 'secret']) expect(error).toContain(option);
    expect(error).not.toContain('short');
  });

  it('refuses a path prefix that the factory returns, which would come too late for the routes', async () => {
    const started = startHost(
      around,
      asyncOf(() => ({ ...around.options, pathPrefix: '/bff' })),
      [],
    );
    await expect(started).rejects.toThrow(/pathPrefix .*beside useFactory/);
  });

  it('refuses a path prefix that is none', async () => {
    const started = startHost(
      around,
      asyncOf(() => around.options, 'bff/'),
      [],
    );
    await expect(started).rejects.toThrow(/pathPrefix/);
  });

  it('doesn’t start when the factory fails, and says why', async () => {
    const started = startHost(
      around,
      asyncOf(() => Promise.reject(new Error('the vault is sealed'))),
      [],
    );
    await expect(started).rejects.toThrow('the vault is sealed');
  });
});

describe('a host whose body parser is on', () => {
  it('doesn’t start, and hears which line to change', async () => {
    const started = startHost(around, BffModule.forRoot(around.options), [], { bodyParser: true });
    await expect(started).rejects.toThrow(/jsonParser[^]*NestFactory\.create\(AppModule, \{ bodyParser: false \}\)/);
  });
});

describe('one application after another', () => {
  it('starts on the storage that the one before has closed', async () => {
    for (let round = 0; round < 2; round++) {
      const host = await startHost(around, BffModule.forRoot(around.options), [MeController]);
      expect((await script(new HttpBrowser(), `${host.url}/me`)).status).toBe(401);
      await host.close();
    }
  });
});
