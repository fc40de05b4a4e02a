import { BadGatewayException, Controller, Get, Logger, UseGuards } from '@nestjs/common';
import { AccessToken, CsrfGuard, SessionGuard } from 'parlour';

const ORDERS_API = process.env['ORDERS_API'] ?? '';
const TIMEOUT_MS = 5000;

/** A local API that asks another one with the user's access token, which never leaves this process but for that call. */
@Controller('order-count')
@UseGuards(CsrfGuard, SessionGuard)
export class OrdersController {
  private readonly log = new Logger('Orders');

  @Get()
  async count(@AccessToken() token: string) {
    return { count: ordersIn(await this.ask(token)).length };
  }

  private async ask(token: string): Promise<unknown> {
    try {
      const headers = { Authorization: `Bearer ${token}` };
      const answer = await fetch(`${ORDERS_API}/orders`, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
      if (!answer.ok) throw new Error(`the API said ${answer.status}`);
      return await answer.json();
    } catch (error) {
      this.log.warn(String(error));
      throw new BadGatewayException();
    }
  }
}

function ordersIn(answer: unknown): unknown[] {
  const has = typeof answer === 'object' && answer !== null && 'orders' in answer && Array.isArray(answer.orders);
  if (!has) throw new BadGatewayException();
  return answer.orders as unknown[];
}
